// The roles that a process of the service may have.
export const roleNames = ['api', 'writer', 'projector', 'workers'] as const;
export type RoleName = (typeof roleNames)[number];
