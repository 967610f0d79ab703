import type { ProviderBehaviour } from "../kit/index.ts";
import { type JmesEntry, type ObjectEntry, readObjects } from "./objects-yaml.ts";

export type ObjectType = "secretsmanager" | "ssmparameter";

/** One object of a SecretProviderClass, checked. */
export type AwsObject = {
  readonly type: ObjectType;
  readonly objectName: string;
  /** Its file, below the mount. */
  readonly fileName: string;
  /** Four octal digits, or empty for the volume's own. */
  readonly filePermission: string;
  readonly jmesPath: readonly JmesFile[];
  /** What to ask for in the primary region, and in the failover region. */
  readonly primary: ObjectRequest;
  readonly failover: ObjectRequest;
};

/** A file made of one value inside of the object. */
export type JmesFile = {
  readonly path: string;
  readonly objectAlias: string;
  readonly fileName: string;
  readonly filePermission: string;
};

export type ObjectRequest = { readonly name: string; readonly version: string; readonly label: string };

const TYPES: Readonly<Record<string, ObjectType>> = {
  secretsmanager: "secretsmanager",
  ssmparameter: "ssmparameter",
  ssm: "ssmparameter",
};

const BAD_PATH = /(\/\.\.\/)|(^\.\.\/)|(\/\.\.$)/;
const PERMISSION = /^[0-7]{4}$/;

/**
 * The class's objects, in its order.
 * @throws Error with the real provider's words for the first that breaks a rule
 */
export function parseObjects(
  text: string,
  pathTranslation: string,
  regions: readonly string[],
  behaviour: ProviderBehaviour,
): AwsObject[] {
  const translate = translationOf(pathTranslation);
  const entries = load(text);
  const seen = new Map<string, ObjectEntry>();
  const aliases = new Set<string>();
  const objects = entries.map((entry) => {
    if (entry === null) throw new Error("Empty descriptor entry in SecretProviderClass");
    const fileName = translate(entry.objectAlias || entry.objectName);
    check(entry, fileName, regions);
    checkDuplicate(entry, seen.get(entry.objectName));
    seen.set(entry.objectName, entry);
    if (aliases.has(entry.objectAlias)) throw new Error(`found duplicate object alias ${entry.objectAlias}`);
    if (entry.objectAlias !== "") aliases.add(entry.objectAlias);
    for (const { objectAlias, path } of entry.jmesPath) {
      if (aliases.has(objectAlias))
        throw new Error(
          `Name already in use for objectAlias: found duplicate object alias ${objectAlias} in JMES path entry ${path}`,
        );
      aliases.add(objectAlias);
    }
    return objectOf(entry, fileName, translate);
  });
  if (behaviour === "hardened") checkFiles(objects);
  return objects;
}

function translationOf(pathTranslation: string): (name: string) => string {
  if (pathTranslation.toLowerCase() === "false") return (name) => name.replace(/^\/+/, "");
  const sign = pathTranslation === "" ? "_" : pathTranslation;
  if (Buffer.byteLength(sign) !== 1)
    throw new Error("pathTranslation must be either 'False' or a single character string");
  return (name) => name.replaceAll("/", () => sign);
}

function load(text: string): (ObjectEntry | null)[] {
  try {
    return readObjects(text);
  } catch (error) {
    throw new Error(`Failed to load SecretProviderClass: ${error instanceof Error ? error.message : error}`);
  }
}

function check(entry: ObjectEntry, fileName: string, regions: readonly string[]): void {
  const { objectName, objectType, failoverObject } = entry;
  if (objectName === "") throw new Error("Object name must be specified");
  checkName(objectName, objectType, regions[0] ?? "");
  const isParameter = typeOf(entry) === "ssmparameter";
  if (isParameter && entry.objectVersion !== "" && entry.objectVersionLabel !== "") throw bothVersions(objectName);
  if (BAD_PATH.test(fileName)) throw new Error(`path can not contain ../: ${objectName}`);
  checkPermission(entry.filePermission);
  for (const { path, objectAlias, filePermission } of entry.jmesPath) {
    if (path === "") throw new Error("Path must be specified for JMES object");
    if (objectAlias === "") throw new Error("Object alias must be specified for JMES object");
    checkPermission(filePermission);
  }
  if (failoverObject.objectName === "") return;
  if (entry.objectAlias === "")
    throw new Error(`object alias must be specified for objects with failover entries: ${objectName}`);
  const [, second] = regions;
  if (second === undefined)
    throw new Error(`failover object allowed only when failover region is defined: ${objectName}`);
  checkName(failoverObject.objectName, objectType, second);
  if (isParameter && failoverObject.objectVersion !== "" && failoverObject.objectVersionLabel !== "")
    throw bothVersions(objectName);
  if (failoverObject.objectVersion !== entry.objectVersion)
    throw new Error(`object versions must match between primary and failover regions: ${objectName}`);
}

function bothVersions(objectName: string): Error {
  return new Error(`ssm parameters can not specify both objectVersion and objectVersionLabel: ${objectName}`);
}

function checkPermission(filePermission: string): void {
  if (filePermission !== "" && !PERMISSION.test(filePermission))
    throw new Error(`Invalid File Permission: ${filePermission}`);
}

function checkName(name: string, objectType: string, region: string): void {
  const isArn = name.startsWith("arn:");
  const sections = name.split(":");
  if (isArn && sections.length < 6) throw new Error(`Invalid ARN format in object name: ${name}`);
  const [, , service = "", arnRegion = ""] = isArn ? sections : [];
  if (isArn && arnRegion !== region) throw new Error(`ARN region must match region ${region}: ${name}`);
  if (objectType === "") {
    if (!isArn) throw new Error(`Must use objectType when a full ARN is not specified: ${name}`);
    if (TYPES[service] === undefined) throw new Error(`Invalid service in ARN: ${service}`);
    return;
  }
  if (TYPES[objectType] === undefined || objectType === "ssm") throw new Error(`Invalid objectType: ${objectType}`);
  if (isArn && TYPES[objectType] !== TYPES[service]) throw new Error(`objectType does not match ARN: ${name}`);
}

/** The ARN's service where no type is given: the checks before have seen to it that there is one. */
function typeOf({ objectName, objectType }: ObjectEntry): ObjectType {
  return TYPES[objectType || (objectName.split(":")[2] ?? "")] ?? "ssmparameter";
}

/** Of two objects of one name, alias or label must tell them apart. */
function checkDuplicate(entry: ObjectEntry, other: ObjectEntry | undefined): void {
  if (other === undefined) return;
  const { objectName, objectAlias: alias, objectVersionLabel: label } = entry;
  const sameAlias = alias === other.objectAlias;
  const sameLabel = label === other.objectVersionLabel;
  if (!sameAlias || !sameLabel) return;
  const prefix = `found descriptor with duplicate object name ${objectName}`;
  if (alias !== "" && label === "") throw new Error(`${prefix}, duplicate object alias ${alias}, and no version label`);
  if (alias === "" && label !== "") throw new Error(`${prefix}, no object alias, and duplicate version label ${label}`);
  if (alias !== "") throw new Error(`${prefix}, duplicate object alias ${alias}, and duplicate version label ${label}`);
  throw new Error(`${prefix}, no object alias, and no version label`);
}

function objectOf(entry: ObjectEntry, fileName: string, translate: (name: string) => string): AwsObject {
  const { objectName, objectVersion, objectVersionLabel, filePermission, failoverObject: other } = entry;
  return {
    type: typeOf(entry),
    objectName,
    fileName,
    filePermission,
    jmesPath: entry.jmesPath.map((jmes: JmesEntry) => ({
      path: jmes.path,
      objectAlias: jmes.objectAlias,
      fileName: translate(jmes.objectAlias),
      filePermission: jmes.filePermission || filePermission,
    })),
    primary: { name: objectName, version: objectVersion, label: objectVersionLabel },
    failover: {
      name: other.objectName || objectName,
      version: other.objectVersion || objectVersion,
      label: other.objectVersionLabel || objectVersionLabel,
    },
  };
}

/** What the real provider lets pass and then fails at, or overwrites in silence. */
function checkFiles(objects: readonly AwsObject[]): void {
  const owners = new Map<string, string>();
  for (const object of objects)
    for (const { fileName } of [object, ...object.jmesPath]) {
      const name = object.objectName;
      if (fileName.split("/").some((part) => part === ".." || part === "."))
        throw new Error(`path can not contain ../: ${name}`);
      if (fileName === "" || fileName.includes("\0")) throw new Error(`no file can be named for the object: ${name}`);
      const owner = owners.get(fileName);
      if (owner !== undefined)
        throw new Error(`objects ${owner} and ${name} would both be written to the file ${fileName}`);
      owners.set(fileName, name);
    }
}
