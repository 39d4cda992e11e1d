/**
 * Words of query languages, scripts and shells. One of them is a word like any other (`from`, `order`, `script`); several close together are
 * seldom what a person means. The list is short on purpose: it is a weak hint, weighed by how often normal texts have it.
 */
const machine: ReadonlySet<string> = new Set(
  'select union insert update delete drop alter exec execute waitfor sleep benchmark concat char cast convert where having from into values table null and or like between exists script alert onerror onload onclick iframe img src href javascript document cookie eval expression svg cat bin etc passwd shadow cmd sh bash wget curl ping echo ls dir id whoami jndi ldap rmi dns runtime getruntime class import system subprocess popen file boot ini html body style'.split(
    ' ',
  ),
)
const word = /[a-z]+/gi
const lookedMax = 2048

/** How many different words of machine languages a text has, of its first 2,048 characters; 3 means 3 or more. */
export function machineWords(text: string): number {
  if (text.length < 8) return 0
  let first = ''
  let second = ''
  let count = 0
  for (const [found] of text.slice(0, lookedMax).matchAll(word)) {
    // The shortest has two letters, the longest ten.
    if (found.length < 2 || found.length > 10) continue
    const lower = found.toLowerCase()
    if (!machine.has(lower) || lower === first || lower === second) continue
    if (count === 0) first = lower
    else second = lower
    if (++count === 3) break
  }
  return count
}
