import { AwsRefusal } from "../errors.ts";
import { type ParameterState, type ParameterVersion, versionOf } from "./parameter.ts";
import { authorize, found } from "./parameter-access.ts";
import { neededText, numberOf, type StoreAnswer, type StoreRequest, textsOf } from "./request.ts";

const MOST_LABELS = 10;
const LABEL = /^(?!aws|ssm|\d)[\w.-]{1,100}$/i;

export function labelParameterVersion(request: StoreRequest): StoreAnswer {
  const { parameter, version } = labelled(request, "LabelParameterVersion");
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

export function unlabelParameterVersion(request: StoreRequest): StoreAnswer {
  const { version } = labelled(request, "UnlabelParameterVersion");
  const labels = textsOf(request, "Labels");
  const removed = labels.filter((label) => version.labels.delete(label));
  return { RemovedLabels: removed, InvalidLabels: labels.filter((label) => !removed.includes(label)) };
}

/** The version that labels are put on or taken off: the newest when none is named. @throws AwsRefusal */
function labelled(
  request: StoreRequest,
  operation: string,
): { readonly parameter: ParameterState; readonly version: ParameterVersion } {
  const name = neededText(request, "Name");
  authorize(request, operation, name);
  const parameter = found(request, name);
  const wanted = numberOf(request, "ParameterVersion");
  const version = versionOf(parameter, wanted === undefined ? "" : String(wanted));
  if (version === undefined)
    throw new AwsRefusal(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${wanted} of ${name}. Verify the version and try again.`,
    );
  return { parameter, version };
}
