/** How a method of a service is reached over plain HTTP (google.api.http), in the public APIs' own terms. */
export type RestRoute = {
  readonly service: string;
  /** The method's local name. */
  readonly method: string;
  readonly verb: "GET" | "POST" | "PATCH" | "DELETE";
  /** Groups name the fields that the path fills: `parent`, `secret.name`. */
  readonly path: RegExp;
  readonly field: string;
  /** Which field the body is: all of them for `*`. */
  readonly body?: string;
};

const SECRETS = "google.cloud.secretmanager.v1.SecretManagerService";
const PARAMETERS = "google.cloud.parametermanager.v1.ParameterManager";
const CREDENTIALS = "google.iam.credentials.v1.IAMCredentials";

const PARENT = "projects/[^/]+(?:/locations/[^/]+)?";
const SECRET = `${PARENT}/secrets/[^/:]+`;
const SECRET_VERSION = `${SECRET}/versions/[^/:]+`;
const LOCATION = "projects/[^/]+/locations/[^/]+";
const PARAMETER = `${LOCATION}/parameters/[^/:]+`;
const PARAMETER_VERSION = `${PARAMETER}/versions/[^/:]+`;

function route(
  service: string,
  method: string,
  verb: RestRoute["verb"],
  field: string,
  pattern: string,
  suffix: string,
  body?: string,
): RestRoute {
  const path = new RegExp(`^/v1/(${pattern})${suffix}$`);
  return { service, method, verb, path, field, ...(body !== undefined && { body }) };
}

export const ROUTES: readonly RestRoute[] = [
  route(SECRETS, "listSecrets", "GET", "parent", PARENT, "/secrets"),
  route(SECRETS, "createSecret", "POST", "parent", PARENT, "/secrets", "secret"),
  route(SECRETS, "addSecretVersion", "POST", "parent", SECRET, ":addVersion", "*"),
  route(SECRETS, "getSecret", "GET", "name", SECRET, ""),
  route(SECRETS, "updateSecret", "PATCH", "secret.name", SECRET, "", "secret"),
  route(SECRETS, "deleteSecret", "DELETE", "name", SECRET, ""),
  route(SECRETS, "listSecretVersions", "GET", "parent", SECRET, "/versions"),
  route(SECRETS, "getSecretVersion", "GET", "name", SECRET_VERSION, ""),
  route(SECRETS, "accessSecretVersion", "GET", "name", SECRET_VERSION, ":access"),
  route(SECRETS, "disableSecretVersion", "POST", "name", SECRET_VERSION, ":disable", "*"),
  route(SECRETS, "enableSecretVersion", "POST", "name", SECRET_VERSION, ":enable", "*"),
  route(SECRETS, "destroySecretVersion", "POST", "name", SECRET_VERSION, ":destroy", "*"),
  route(SECRETS, "setIamPolicy", "POST", "resource", SECRET, ":setIamPolicy", "*"),
  route(SECRETS, "getIamPolicy", "GET", "resource", SECRET, ":getIamPolicy"),
  route(SECRETS, "testIamPermissions", "POST", "resource", SECRET, ":testIamPermissions", "*"),
  route(PARAMETERS, "listParameters", "GET", "parent", LOCATION, "/parameters"),
  route(PARAMETERS, "getParameter", "GET", "name", PARAMETER, ""),
  route(PARAMETERS, "createParameter", "POST", "parent", LOCATION, "/parameters", "parameter"),
  route(PARAMETERS, "updateParameter", "PATCH", "parameter.name", PARAMETER, "", "parameter"),
  route(PARAMETERS, "deleteParameter", "DELETE", "name", PARAMETER, ""),
  route(PARAMETERS, "listParameterVersions", "GET", "parent", PARAMETER, "/versions"),
  route(PARAMETERS, "getParameterVersion", "GET", "name", PARAMETER_VERSION, ""),
  route(PARAMETERS, "renderParameterVersion", "GET", "name", PARAMETER_VERSION, ":render"),
  route(PARAMETERS, "createParameterVersion", "POST", "parent", PARAMETER, "/versions", "parameterVersion"),
  route(
    PARAMETERS,
    "updateParameterVersion",
    "PATCH",
    "parameterVersion.name",
    PARAMETER_VERSION,
    "",
    "parameterVersion",
  ),
  route(PARAMETERS, "deleteParameterVersion", "DELETE", "name", PARAMETER_VERSION, ""),
  route(
    CREDENTIALS,
    "generateAccessToken",
    "POST",
    "name",
    "projects/[^/]+/serviceAccounts/[^/:]+",
    ":generateAccessToken",
    "*",
  ),
];
