-- Rotates the tokens of $TOKENS in wrk; $BODY=file makes it a POST of that file, $TARGET asks for another path and query.
local requests, next_request = {}, 0
init = function()
  local body
  local file = os.getenv("BODY")
  if file then body = io.open(file):read("*a") end
  for token in io.lines(os.getenv("TOKENS")) do
    local headers = { ["Authorization"] = "Bearer " .. token }
    if body then headers["Content-Type"] = "application/json" end
    requests[#requests + 1] = wrk.format(body and "POST" or "GET", os.getenv("TARGET") or "/orders?a=1", headers, body)
  end
end
request = function()
  next_request = next_request % #requests + 1
  return requests[next_request]
end
