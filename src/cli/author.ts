import { userInfo } from 'node:os'
import { UserError } from './fail.ts'

/**
 * Who says so: `--author`, else the user of this machine. In a container the user may be a number without a name: then somebody must be named, and a
 * UserError says so.
 */
export function authorOf(
  { author }: { readonly author?: string },
  userName: () => string = () => userInfo().username,
): string {
  if (author !== undefined) return author
  try {
    return userName()
  } catch {
    throw new UserError('the user of this machine has no name here: say with --author who it is')
  }
}
