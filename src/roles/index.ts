export {
  createRoles,
  type AsRole,
  type RoleMap,
  type RoleMeans,
  type RoleOfJob,
  type Roles,
  type RolesOptions,
} from './roles.ts';
export { createSts, type Assumed, type Sts, type StsOptions } from './sts.ts';
