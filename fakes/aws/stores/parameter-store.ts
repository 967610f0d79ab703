import { AwsRefusal, validation } from "../errors.ts";
import { type PageRule, pageOf } from "./pages.ts";
import {
  type ParameterState,
  type ParameterType,
  type ParameterVersion,
  parameterArn,
  readSelector,
} from "./parameter.ts";
import { authorize, found, notFound, select, shown } from "./parameter-access.ts";
import { filtered, isBelow } from "./parameter-filters.ts";
import { labelParameterVersion, unlabelParameterVersion } from "./parameter-labels.ts";
import { addTagsToResource, listTagsForResource, removeTagsFromResource, setTags } from "./parameter-tags.ts";
import {
  flagOf,
  neededText,
  type StoreAnswer,
  type StoreOperation,
  type StoreRequest,
  tagsOf,
  textOf,
  textsOf,
} from "./request.ts";

const MOST_NAMES = 10;
const MOST_VERSIONS = 100;
const LARGEST_VALUE = 4096;
const wrongToken = (): AwsRefusal => new AwsRefusal("InvalidNextToken", "The specified token is not valid.");
const SHORT_PAGES: PageRule = { preset: 10, most: 10, wrongToken };
const LONG_PAGES: PageRule = { preset: 10, most: 50, wrongToken };
const DESCRIBED_BY = ["Name", "Type", "KeyId", "Path", "Label", "Tier", "DataType", "tag"];
const TYPES: readonly string[] = ["String", "StringList", "SecureString"];
const NAME = /^[\w./-]{1,1011}$/;

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
  ["UnlabelParameterVersion", unlabelParameterVersion],
  ["DescribeParameters", describeParameters],
  ["AddTagsToResource", addTagsToResource],
  ["RemoveTagsFromResource", removeTagsFromResource],
  ["ListTagsForResource", listTagsForResource],
]);

function getParameters(request: StoreRequest): StoreAnswer {
  const names = textsOf(request, "Names");
  checkCount(names);
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

function checkCount(names: readonly string[]): void {
  if (names.length === 0 || names.length > MOST_NAMES)
    throw validation(
      `1 validation error detected: Value '[${names.join(", ")}]' at 'names' failed to satisfy constraint: Member must have length less than or equal to ${MOST_NAMES}, Member must have length greater than or equal to 1`,
    );
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
  const isDeep = flagOf(request, "Recursive");
  const under = sorted(account.region(region).parameters).filter(({ name }) => isBelow(name, path, isDeep));
  const { items, next } = pageOf(filtered(request, under, ["Type", "KeyId", "Label"]), request, SHORT_PAGES);
  return {
    Parameters: items.map((parameter) => shown(request, parameter, parameter.versions.at(-1) as ParameterVersion, "")),
    ...next,
  };
}

function getParameterHistory(request: StoreRequest): StoreAnswer {
  const name = neededText(request, "Name");
  authorize(request, "GetParameterHistory", name);
  const parameter = found(request, name);
  const { items, next } = pageOf(parameter.versions, request, { ...LONG_PAGES, preset: LONG_PAGES.most });
  return {
    Parameters: items.map((version) => {
      const { ARN, ...known } = shown(request, parameter, version, "");
      return { ...known, ...metadataOf(version), Labels: [...version.labels], Tier: "Standard" };
    }),
    ...next,
  };
}

function putParameter(request: StoreRequest): StoreAnswer {
  const { account, region, caller } = request;
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
  refuseUnserved(request);
  const allowedPattern = textOf(request, "AllowedPattern");
  if (allowedPattern !== undefined && !matches(value, allowedPattern))
    throw new AwsRefusal(
      "ParameterPatternMismatchException",
      `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`,
    );
  if (Buffer.byteLength(value) > LARGEST_VALUE)
    throw validation(
      `Standard tier parameters support a maximum parameter value of ${LARGEST_VALUE} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.`,
    );
  const tags = tagsOf(request);
  if (tags.length > 0 && there !== undefined)
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  const arn = parameterArn(region, account.id, name);
  const parameter: ParameterState = there ?? { name, arn, versions: [], tags: new Map() };
  setTags(parameter, tags);
  const version: ParameterVersion = {
    version: (parameter.versions.at(-1)?.version ?? 0) + 1,
    value,
    type: type as ParameterType,
    keyId: textOf(request, "KeyId"),
    modified: account.clock.now(),
    by: caller.arn,
    description: textOf(request, "Description") ?? there?.versions.at(-1)?.description,
    allowedPattern: allowedPattern ?? there?.versions.at(-1)?.allowedPattern,
    labels: new Set(),
  };
  if (parameter.versions.length >= MOST_VERSIONS) dropOldest(parameter);
  parameter.versions.push(version);
  parameters.set(name, parameter);
  return { Version: version.version, Tier: "Standard" };
}

/** What is not here is refused, and never taken without a word. */
function refuseUnserved(request: StoreRequest): void {
  const served = { Tier: ["Standard", "Intelligent-Tiering"], DataType: ["text"], Policies: [""] } as const;
  for (const [name, values] of Object.entries(served)) {
    const given = textOf(request, name);
    if (given !== undefined && !(values as readonly string[]).includes(given))
      throw new AwsRefusal("NotImplemented", `${name} "${given}" is not served by this fake of Parameter Store`, 501);
  }
}

/** In Java's terms a pattern is met by the whole value. */
function matches(value: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "s").test(value);
  } catch {
    throw new AwsRefusal(
      "InvalidAllowedPatternException",
      `The request does not meet the regular expression requirement.`,
    );
  }
}

/** @throws AwsRefusal when somebody still names the oldest version by a label */
function dropOldest({ name, versions }: ParameterState): void {
  const [oldest] = versions;
  if ((oldest?.labels.size ?? 0) > 0)
    throw new AwsRefusal(
      "ParameterMaxVersionLimitExceeded",
      `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${oldest?.version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`,
    );
  versions.shift();
}

function deleteParameter(request: StoreRequest): StoreAnswer {
  const name = neededText(request, "Name");
  authorize(request, "DeleteParameter", name);
  request.account.region(request.region).parameters.delete(found(request, name).name);
  return {};
}

function deleteParameters(request: StoreRequest): StoreAnswer {
  const names = textsOf(request, "Names");
  checkCount(names);
  for (const name of names) authorize(request, "DeleteParameters", name);
  const { parameters } = request.account.region(request.region);
  const deleted = names.filter((name) => parameters.delete(name));
  return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
}

function describeParameters(request: StoreRequest): StoreAnswer {
  const { account, caller, region } = request;
  account.authorize(caller, "ssm:DescribeParameters", "*");
  const all = filtered(request, sorted(account.region(region).parameters), DESCRIBED_BY);
  const { items, next } = pageOf(all, request, LONG_PAGES);
  return {
    Parameters: items.map(({ name, arn, versions }) => {
      const newest = versions.at(-1) as ParameterVersion;
      return {
        Name: name,
        ARN: arn,
        Type: newest.type,
        Version: newest.version,
        LastModifiedDate: newest.modified / 1000,
        ...metadataOf(newest),
        Tier: "Standard",
        Policies: [],
        DataType: "text",
      };
    }),
    ...next,
  };
}

/** What is told of a version to whoever may not see its value. */
function metadataOf({ by, description, allowedPattern, keyId, type }: ParameterVersion): StoreAnswer {
  return {
    LastModifiedUser: by,
    ...(description !== undefined && { Description: description }),
    ...(allowedPattern !== undefined && { AllowedPattern: allowedPattern }),
    ...(type === "SecureString" && { KeyId: keyId ?? "alias/aws/ssm" }),
  };
}

function sorted(parameters: ReadonlyMap<string, ParameterState>): ParameterState[] {
  return [...parameters.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
