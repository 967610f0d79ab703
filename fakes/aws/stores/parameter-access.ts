import { AwsRefusal } from "../errors.ts";
import {
  findParameter,
  type ParameterState,
  type ParameterVersion,
  parameterArn,
  readSelector,
  versionOf,
} from "./parameter.ts";
import { flagOf, type StoreAnswer, type StoreRequest } from "./request.ts";

export function authorize(request: StoreRequest, operation: string, name: string): void {
  const { account, caller, region } = request;
  const resource = name.startsWith("arn:") ? name : parameterArn(region, account.id, name);
  account.authorize(caller, `ssm:${operation}`, resource);
}

export function select({ account, region }: StoreRequest, text: string) {
  const { name, selector } = readSelector(text);
  const parameter = findParameter(account.region(region).parameters, name);
  return { parameter, selector, version: parameter === undefined ? undefined : versionOf(parameter, selector) };
}

export function found({ account, region }: StoreRequest, name: string): ParameterState {
  const parameter = findParameter(account.region(region).parameters, name);
  if (parameter === undefined) throw notFound();
  return parameter;
}

/** A SecureString is decrypted when asked for, and only for who may use its key. */
export function shown(
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

export function notFound(): AwsRefusal {
  return new AwsRefusal("ParameterNotFound", "");
}
