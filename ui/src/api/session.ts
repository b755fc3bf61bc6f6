import { operations } from './operations'
import type { Schemas } from './problem'

export type Session = Schemas['Me']

/** What the caller may do anywhere at all: over the installation, or by a role on an organisation or account. */
export function permissionsOf(session: Session): Set<string> {
  return new Set([...session.permissions, ...session.permissions_somewhere])
}

/** Whether somebody with these permissions may call the operation on something. Of which objects, the panel alone knows. */
export function mayCall(operation: string, session: Session, permissions = permissionsOf(session)): boolean {
  const access = operations[operation]
  if (!access) return false
  if (access.by === 'session' && (session.via !== 'session' || session.acting)) return false
  if (access.by === 'not_acting' && session.acting) return false
  if (!access.permission) return true
  return access.who === 'everywhere'
    ? session.permissions.includes(access.permission)
    : permissions.has(access.permission)
}
