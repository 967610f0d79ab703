import { AwsRefusal, validation } from "../errors.ts";
import {
  findParameter,
  type ParameterState,
  type ParameterType,
  type ParameterVersion,
  parameterArn,
  readSelector,
  versionOf,
} from "./parameter.ts";
import {
  flagOf,
  neededText,
  numberOf,
  type StoreAnswer,
  type StoreOperation,
  type StoreRequest,
  textOf,
  textsOf,
} from "./request.ts";

const MOST_NAMES = 10;
const MOST_VERSIONS = 100;
const MOST_LABELS = 10;
const TYPES: readonly string[] = ["String", "StringList", "SecureString"];
const NAME = /^[\w./-]{1,1011}$/;
const LABEL = /^(?!aws|ssm|\d)[\w.-]{1,100}$/i;

/** Parameter Store's operations of SSM; what stands here not is refused as AWS refuses an unknown one. */
export const PARAMETER_STORE: ReadonlyMap<string, StoreOperation> = new Map<string, StoreOperation>([
  ["GetParameters", getParameters],
  ["GetParameter", getParameter],
  ["GetParametersByPath", getParametersByPath],
  ["GetParameterHistory", getParameterHistory],
  ["PutParameter", putParameter],
  ["DeleteParameter", deleteParameter],
  ["DeleteParameters", deleteParameters],
  ["LabelParameterVersion", labelParameterVersion],
  ["DescribeParameters", describeParameters],
]);

function getParameters(request: StoreRequest): StoreAnswer {
  const names = textsOf(request, "Names");
  if (names.length === 0 || names.length > MOST_NAMES)
    throw validation(
      `1 validation error detected: Value '[${names.join(", ")}]' at 'names' failed to satisfy constraint: Member must have length less than or equal to ${MOST_NAMES}, Member must have length greater than or equal to 1`,
    );
  for (const text of names) authorize(request, "GetParameters", readSelector(text).name);
  const found: StoreAnswer[] = [];
  const invalid: string[] = [];
  for (const text of names) {
    const { parameter, version, selector } = select(request, text);
    if (parameter === undefined || version === undefined) invalid.push(text);
    else found.push(shown(request, parameter, version, selector));
  }
  return { Parameters: found, InvalidParameters: invalid };
}

function getParameter(request: StoreRequest): StoreAnswer {
  const text = neededText(request, "Name");
  authorize(request, "GetParameter", readSelector(text).name);
  const { parameter, version, selector } = select(request, text);
  if (parameter === undefined) throw notFound();
  if (version === undefined)
    throw new AwsRefusal(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${selector} of ${parameter.name}. Verify the version and try again.`,
    );
  return { Parameter: shown(request, parameter, version, selector) };
}

function getParametersByPath(request: StoreRequest): StoreAnswer {
  const { account, region } = request;
  const path = neededText(request, "Path");
  if (!path.startsWith("/")) throw validation("The parameter path must begin with a slash (/).");
  authorize(request, "GetParametersByPath", path);
  const root = path.endsWith("/") ? path : `${path}/`;
  const isDeep = flagOf(request, "Recursive");
  const under = [...account.region(region).parameters.values()].filter(
    ({ name }) => name.startsWith(root) && (isDeep || !name.slice(root.length).includes("/")),
  );
  return {
    Parameters: under.map((parameter) => shown(request, parameter, parameter.versions.at(-1) as ParameterVersion, "")),
  };
}

function getParameterHistory(request: StoreRequest): StoreAnswer {
  const name = neededText(request, "Name");
  authorize(request, "GetParameterHistory", name);
  const parameter = found(request, name);
  return {
    Parameters: parameter.versions.map((version) => ({
      ...shown(request, parameter, version, ""),
      Labels: [...version.labels],
      Tier: "Standard",
    })),
  };
}

function putParameter(request: StoreRequest): StoreAnswer {
  const { account, region } = request;
  const name = neededText(request, "Name");
  const value = neededText(request, "Value");
  if (!NAME.test(name))
    throw validation(
      `Parameter name: can't be prefixed with "ssm" (case-insensitive), and may hold letters, digits and .-_/ only.`,
    );
  authorize(request, "PutParameter", name);
  const { parameters } = account.region(region);
  const there = parameters.get(name);
  if (there !== undefined && !flagOf(request, "Overwrite"))
    throw new AwsRefusal(
      "ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  const type = textOf(request, "Type") ?? there?.versions.at(-1)?.type;
  if (type === undefined || !TYPES.includes(type))
    throw validation("A parameter type is required when you create a parameter: String, StringList or SecureString.");
  const parameter: ParameterState = there ?? { name, arn: parameterArn(region, account.id, name), versions: [] };
  const version: ParameterVersion = {
    version: (parameter.versions.at(-1)?.version ?? 0) + 1,
    value,
    type: type as ParameterType,
    keyId: textOf(request, "KeyId"),
    modified: account.clock.now(),
    labels: new Set(),
  };
  parameter.versions.push(version);
  if (parameter.versions.length > MOST_VERSIONS) parameter.versions.shift();
  parameters.set(name, parameter);
  return { Version: version.version, Tier: "Standard" };
}

function deleteParameter(request: StoreRequest): StoreAnswer {
  const name = neededText(request, "Name");
  authorize(request, "DeleteParameter", name);
  request.account.region(request.region).parameters.delete(found(request, name).name);
  return {};
}

function deleteParameters(request: StoreRequest): StoreAnswer {
  const names = textsOf(request, "Names");
  for (const name of names) authorize(request, "DeleteParameters", name);
  const { parameters } = request.account.region(request.region);
  const deleted = names.filter((name) => parameters.delete(name));
  return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
}

function labelParameterVersion(request: StoreRequest): StoreAnswer {
  const name = neededText(request, "Name");
  authorize(request, "LabelParameterVersion", name);
  const parameter = found(request, name);
  const wanted = numberOf(request, "ParameterVersion");
  const version = versionOf(parameter, wanted === undefined ? "" : String(wanted));
  if (version === undefined)
    throw new AwsRefusal(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${wanted} of ${name}. Verify the version and try again.`,
    );
  const labels = textsOf(request, "Labels");
  const invalid = labels.filter((label) => !LABEL.test(label));
  const valid = labels.filter((label) => LABEL.test(label));
  if (version.labels.size + valid.length > MOST_LABELS)
    throw new AwsRefusal(
      "ParameterVersionLabelLimitExceeded",
      `A parameter version can have maximum ${MOST_LABELS} labels.`,
    );
  for (const label of valid) {
    for (const other of parameter.versions) other.labels.delete(label);
    version.labels.add(label);
  }
  return { InvalidLabels: invalid, ParameterVersion: version.version };
}

function describeParameters(request: StoreRequest): StoreAnswer {
  const { account, caller, region } = request;
  account.authorize(caller, "ssm:DescribeParameters", "*");
  return {
    Parameters: [...account.region(region).parameters.values()].map(({ name, arn, versions }) => {
      const newest = versions.at(-1);
      return {
        Name: name,
        ARN: arn,
        Type: newest?.type,
        Version: newest?.version,
        LastModifiedDate: (newest?.modified ?? 0) / 1000,
        Tier: "Standard",
      };
    }),
  };
}

function authorize(request: StoreRequest, operation: string, name: string): void {
  const { account, caller, region } = request;
  const resource = name.startsWith("arn:") ? name : parameterArn(region, account.id, name);
  account.authorize(caller, `ssm:${operation}`, resource);
}

function select({ account, region }: StoreRequest, text: string) {
  const { name, selector } = readSelector(text);
  const parameter = findParameter(account.region(region).parameters, name);
  return { parameter, selector, version: parameter === undefined ? undefined : versionOf(parameter, selector) };
}

function found({ account, region }: StoreRequest, name: string): ParameterState {
  const parameter = findParameter(account.region(region).parameters, name);
  if (parameter === undefined) throw notFound();
  return parameter;
}

/** A SecureString is decrypted when asked for, and only for who may use its key. */
function shown(
  request: StoreRequest,
  parameter: ParameterState,
  version: ParameterVersion,
  selector: string,
): StoreAnswer {
  return {
    Name: parameter.name,
    Type: version.type,
    Value: readableValue(request, version),
    Version: version.version,
    ...(selector !== "" && { Selector: `:${selector}` }),
    LastModifiedDate: version.modified / 1000,
    ARN: parameter.arn,
    DataType: "text",
  };
}

function readableValue(request: StoreRequest, { type, value, keyId }: ParameterVersion): string {
  if (type !== "SecureString") return value;
  // What stands for the ciphertext tells nothing of the value.
  if (!flagOf(request, "WithDecryption")) return `AQICAH${Buffer.from("encrypted").toString("base64")}`;
  const { account, caller, region } = request;
  const decrypts = account.decrypts(caller, region, keyId);
  if (decrypts === "yes") return value;
  if (decrypts === "denied") {
    const arn = account.region(region).keys.get((keyId ?? "").replace(/^.*:key\//, ""))?.arn ?? "";
    account.authorize(caller, "kms:Decrypt", arn);
  }
  throw new AwsRefusal(
    "InvalidKeyId",
    decrypts === "missing" ? `Alias or key ${keyId} is not found.` : `${keyId} is disabled.`,
  );
}

function notFound(): AwsRefusal {
  return new AwsRefusal("ParameterNotFound", "");
}
