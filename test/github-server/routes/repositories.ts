import { permissionOf } from "../http/auth.ts";
import { HttpError } from "../http/errors.ts";
import { ok, onRepository, type RepositoryRequest, type Route } from "../http/router.ts";
import { repository } from "../shapes/repository.ts";
import { user } from "../shapes/users.ts";

function collaboratorPermission({ host, repository: state, params }: RepositoryRequest) {
  const login = params["username"] ?? "";
  if (!host.users.has(login.toLowerCase())) throw new HttpError(404, { message: `${login} is not a user` });
  const permission = permissionOf(state, login);
  const held = (least: readonly string[]): boolean => least.includes(permission);
  const permissions = {
    pull: held(["read", "write", "admin"]),
    triage: held(["write", "admin"]),
    push: held(["write", "admin"]),
    maintain: held(["admin"]),
    admin: held(["admin"]),
  };
  return ok({
    permission,
    role_name: permission,
    user: { ...user(host, login), role_name: permission, permissions },
  });
}

export const repositoryRoutes: readonly Route[] = [
  onRepository("GET ", ["metadata:read"], ({ host, repository: state }) => ok(repository(host, state))),
  onRepository("GET /collaborators/{username}/permission", ["metadata:read"], collaboratorPermission),
];
