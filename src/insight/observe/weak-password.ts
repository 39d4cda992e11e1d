/** Passwords that every guessing list begins with (SecLists' top hundred, with the defaults of common products). */
const wellKnown: ReadonlySet<string> = new Set(
  (
    '000000 0000 111111 1111 11111111 112233 121212 123 1234 12345 123456 1234567 12345678 123456789 1234567890 123123 123321 123qwe 1q2w3e 1q2w3e4r ' +
    '1q2w3e4r5t 1qaz2wsx 654321 666666 696969 7777777 888888 987654321 aa123456 abc123 abcd1234 access admin admin1 admin123 administrator ' +
    'asdfgh asdfghjkl ashley azerty bailey baseball batman changeit changeme charlie default demo donald dragon flower football freedom guest hello ' +
    'hunter2 iloveyou jordan letmein login lovely master michael minecraft monkey mustang nimda p@ssw0rd p@ssword pass pass123 passw0rd password ' +
    'password1 password12 password123 postgres princess public qazwsx qwe123 qwerty qwerty1 qwerty123 qwertyuiop root sa sample secret secret123 ' +
    'shadow starwars sunshine superman system temp temp123 test test1 test123 tester testing toor trustno1 user user123 welcome welcome1 whatever ' +
    'zaq12wsx zxcvbn zxcvbnm tomcat manager cisco oracle mysql minioadmin rabbitmq elastic grafana'
  ).split(' '),
)

/** Shortest password that NIST SP 800-63B-4 §3.1.1.2 allows beside a second factor. */
const lengthMin = 8

/** What makes a password weak by itself, or null. */
export function weakPassword(password: string): 'empty' | 'well-known' | 'short' | null {
  if (password === '') return 'empty'
  if (password.length <= 16 && wellKnown.has(password.toLowerCase())) return 'well-known'
  return password.length < lengthMin ? 'short' : null
}
