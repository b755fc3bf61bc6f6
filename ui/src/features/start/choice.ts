import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import { isOver } from '../job/words'
import { rolesOf, USUAL_ROLES } from './steps'

export type Role = Schemas['NodeRole']

export const isInstalled = (role: Role) => role.state === 'installed'
export const isUnderWay = (role: Role) => role.state === 'installing' || (!!role.job && !isOver(role.job))
export const roleName = (role: Role) => said(`serverRole.${role.name}.name`) ?? role.name

/** The roles that are to come: chosen in the address, or what is usual where it says nothing. */
export function chosenOf(roles: Role[], asked: string | undefined): Role[] {
  const names = rolesOf(asked) ?? USUAL_ROLES
  return roles.filter((role) => !isInstalled(role) && names.includes(role.name))
}
