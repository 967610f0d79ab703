import * as sm from "@aws-sdk/client-secrets-manager";
import * as ssm from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Scope, VirtualClock } from "../../core/index.ts";
import { FakeAws, type RunningFakeAws } from "./index.ts";

/** What a program's own tests may do to a store: each operation by the official SDK, with its errors. */
const scope = new Scope("tests");
const clock = new VirtualClock(Date.now());
let aws: RunningFakeAws;
let secrets: sm.SecretsManagerClient;
let parameters: ssm.SSMClient;
let region = 0;

beforeAll(async () => {
  aws = scope.use(await new FakeAws({ clock }).start());
});
afterAll(() => scope[Symbol.asyncDispose]());
// A region holds nothing of another: each test has its own.
beforeEach(() => {
  const to = { region: `eu-west-${++region}`, endpoint: aws.url, credentials: aws.ownerKey };
  const config = { ...to, maxAttempts: 1, systemClockOffset: clockOffset() };
  secrets = new sm.SecretsManagerClient(config);
  parameters = new ssm.SSMClient(config);
});

/** A signature is of its time: the SDK's clock goes with the fake's. */
const clockOffset = (): number => clock.now() - Date.now();

const refusal = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => "no refusal",
    (error: Error) => `${error.name}: ${error.message}`,
  );

async function make(...names: string[]): Promise<void> {
  for (const name of names)
    await secrets.send(
      new sm.CreateSecretCommand({
        Name: name,
        SecretString: `value of ${name}`,
        Description: `The one of ${name}`,
        Tags: [{ Key: "team", Value: name.split("/")[0] }],
      }),
    );
}

describe("Secrets Manager", () => {
  const names = (list: readonly sm.SecretListEntry[] | undefined): (string | undefined)[] =>
    (list ?? []).map(({ Name }) => Name);

  test("lists page by page, in either order, and what meets a filter", async () => {
    await make("shop/db", "shop/api", "bank/db");
    const pages: (string | undefined)[][] = [];
    const all = sm.paginateListSecrets({ client: secrets, pageSize: 2 }, { SortOrder: "desc" });
    for await (const page of all) pages.push(names(page.SecretList));
    expect(pages).toEqual([["bank/db", "shop/api"], ["shop/db"]]);
    const found = async (Key: sm.FilterNameStringType, ...Values: string[]) =>
      names((await secrets.send(new sm.ListSecretsCommand({ Filters: [{ Key, Values }] }))).SecretList);
    expect(await found("name", "shop/")).toEqual(["shop/db", "shop/api"]);
    expect(await found("name", "!shop/")).toEqual(["bank/db"]);
    expect(await found("name", "db")).toEqual([]);
    expect(await found("description", "the one of BANK")).toEqual(["bank/db"]);
    expect(await found("tag-value", "bank", "shop")).toEqual(["shop/db", "shop/api", "bank/db"]);
    expect(await found("all", "DB shop")).toEqual(["shop/db"]);
    expect(await refusal(found("color" as never, "x"))).toBe("InvalidParameterException: Invalid filter key: color");
    expect(await refusal(secrets.send(new sm.ListSecretsCommand({ NextToken: "made up" })))).toContain(
      "InvalidNextTokenException",
    );
    expect(await refusal(secrets.send(new sm.ListSecretsCommand({ MaxResults: 101 })))).toContain(
      "Member must have value less than or equal to 100",
    );
  });

  test("reads several at once, and says of each that it cannot why", async () => {
    await make("shop/db", "shop/api", "bank/db");
    await secrets.send(new sm.DeleteSecretCommand({ SecretId: "bank/db" }));
    const ids = ["shop/db", "bank/db", "nobody"];
    const some = await secrets.send(new sm.BatchGetSecretValueCommand({ SecretIdList: ids }));
    expect(some.SecretValues).toMatchObject([
      { Name: "shop/db", SecretString: "value of shop/db", VersionStages: ["AWSCURRENT"] },
    ]);
    expect(some.Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode])).toEqual([
      ["bank/db", "InvalidRequestException"],
      ["nobody", "ResourceNotFoundException"],
    ]);
    const read: (string | undefined)[] = [];
    const filter = { Filters: [{ Key: "name" as const, Values: ["shop/"] }] };
    for await (const page of sm.paginateBatchGetSecretValue({ client: secrets, pageSize: 1 }, filter))
      read.push(...(page.SecretValues ?? []).map(({ SecretString }) => SecretString));
    expect(read).toEqual(["value of shop/db", "value of shop/api"]);
    const neither = "Either 'SecretIdList' or 'Filters' must be provided, but not both.";
    expect(await refusal(secrets.send(new sm.BatchGetSecretValueCommand({})))).toContain(neither);
    expect(await refusal(secrets.send(new sm.BatchGetSecretValueCommand({ ...filter, SecretIdList: ids })))).toContain(
      neither,
    );
  });

  test("describes, updates, stages, tags, deletes and restores", async () => {
    await make("app");
    const SecretId = "app";
    const described = () => secrets.send(new sm.DescribeSecretCommand({ SecretId }));
    const before = await described();
    await clock.advance(5000);
    const { VersionId } = await secrets.send(new sm.UpdateSecretCommand({ SecretId, SecretString: "two" }));
    const after = await described();
    expect(after.LastChangedDate?.getTime()).toBe((before.LastChangedDate?.getTime() ?? 0) + 5000);
    const first = Object.keys(before.VersionIdsToStages ?? {})[0] ?? "";
    expect(after.VersionIdsToStages).toEqual({ [first]: ["AWSPREVIOUS"], [VersionId ?? ""]: ["AWSCURRENT"] });
    const move = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: first };
    expect(await refusal(secrets.send(new sm.UpdateSecretVersionStageCommand(move)))).toContain("RemoveFromVersionId");
    await secrets.send(new sm.UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: VersionId }));
    expect((await secrets.send(new sm.GetSecretValueCommand({ SecretId }))).SecretString).toBe("value of app");
    const listed = await secrets.send(new sm.ListSecretVersionIdsCommand({ SecretId }));
    expect(listed.Versions?.map((one) => one.VersionStages)).toEqual([["AWSCURRENT"], ["AWSPREVIOUS"]]);
    await secrets.send(new sm.TagResourceCommand({ SecretId, Tags: [{ Key: "env", Value: "test" }] }));
    await secrets.send(new sm.UntagResourceCommand({ SecretId, TagKeys: ["team"] }));
    expect((await described()).Tags).toEqual([{ Key: "env", Value: "test" }]);
    expect(await secrets.send(new sm.GetResourcePolicyCommand({ SecretId }))).not.toHaveProperty("ResourcePolicy");
    await secrets.send(new sm.DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    expect(await refusal(secrets.send(new sm.GetSecretValueCommand({ SecretId })))).toContain("marked for deletion");
    expect(names((await secrets.send(new sm.ListSecretsCommand({}))).SecretList)).toEqual([]);
    const planned = await secrets.send(new sm.ListSecretsCommand({ IncludePlannedDeletion: true }));
    expect(names(planned.SecretList)).toEqual(["app"]);
    await secrets.send(new sm.RestoreSecretCommand({ SecretId }));
    expect((await secrets.send(new sm.GetSecretValueCommand({ SecretId }))).SecretString).toBe("value of app");
    await secrets.send(new sm.DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    await clock.advance(7 * 86_400_000);
    secrets.config.systemClockOffset = clockOffset();
    expect(await refusal(secrets.send(new sm.RestoreSecretCommand({ SecretId })))).toContain(
      "ResourceNotFoundException",
    );
    // Its name is free again.
    await make("app");
  });

  test("draws a password by its rules", async () => {
    const drawn = async (rules: sm.GetRandomPasswordCommandInput) =>
      (await secrets.send(new sm.GetRandomPasswordCommand(rules))).RandomPassword ?? "";
    expect(await drawn({})).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z\d])[!-~]{32}$/);
    expect(await drawn({ PasswordLength: 8, ExcludePunctuation: true, ExcludeUppercase: true })).toMatch(
      /^[a-z\d]{8}$/,
    );
    expect(await drawn({ PasswordLength: 200, ExcludePunctuation: true, ExcludeCharacters: "aA1" })).toMatch(
      /^[b-zB-Z02-9]{200}$/,
    );
    expect(await refusal(drawn({ PasswordLength: 3 }))).toContain("too short");
  });

  test.each([
    ["rotation", () => new sm.RotateSecretCommand({ SecretId: "app" }), "UnknownOperationException"],
    ["resource policies", () => new sm.PutResourcePolicyCommand({ SecretId: "app", ResourcePolicy: "{}" }), "Unknown"],
    [
      "replicas",
      () => new sm.CreateSecretCommand({ Name: "r", SecretString: "x", AddReplicaRegions: [{ Region: "us-east-1" }] }),
      "does not replicate",
    ],
  ])("refuses what it has not: %s", async (_what, command, words) => {
    await make("app");
    expect(await refusal(secrets.send(command() as never))).toContain(words);
  });
});

describe("Parameter Store", () => {
  const put = (Name: string, Value: string, more: Partial<ssm.PutParameterCommandInput> = {}) =>
    parameters.send(new ssm.PutParameterCommand({ Name, Value, Type: "String", ...more }));

  test("walks a path, page by page, right below or all the way down", async () => {
    for (const name of ["/app/db", "/app/api", "/app/deep/key", "/apple", "plain"]) await put(name, name);
    const below = async (Path: string, Recursive: boolean, pageSize = 10) => {
      const found: (string | undefined)[] = [];
      for await (const page of ssm.paginateGetParametersByPath({ client: parameters, pageSize }, { Path, Recursive }))
        found.push(...(page.Parameters ?? []).map(({ Name }) => Name));
      return found;
    };
    expect(await below("/app", false)).toEqual(["/app/api", "/app/db"]);
    expect(await below("/app/", true, 1)).toEqual(["/app/api", "/app/db", "/app/deep/key"]);
    expect(await refusal(below("app", true))).toContain("must begin with a slash");
    expect(await refusal(below("/app", true, 11))).toContain("less than or equal to 10");
  });

  test("describes what meets a filter, and tells no value", async () => {
    await put("/app/db", "hush", {
      Type: "SecureString",
      Description: "the database",
      Tags: [{ Key: "a", Value: "b" }],
    });
    for (let at = 0; at < 11; at++) await put(`/many/${at}`, "x");
    const pages: number[] = [];
    for await (const { Parameters = [] } of ssm.paginateDescribeParameters({ client: parameters }, {}))
      pages.push(Parameters.length);
    expect(pages).toEqual([10, 2]);
    const found = async (...ParameterFilters: ssm.ParameterStringFilter[]) =>
      (await parameters.send(new ssm.DescribeParametersCommand({ ParameterFilters }))).Parameters ?? [];
    const [db, ...none] = await found({ Key: "Path", Option: "Recursive", Values: ["/app"] });
    expect(db).toMatchObject({ Name: "/app/db", Description: "the database", KeyId: "alias/aws/ssm", Version: 1 });
    expect(JSON.stringify([db, none])).not.toContain("hush");
    expect(await found({ Key: "Type", Values: ["SecureString"] }, { Key: "tag:a", Values: ["b"] })).toHaveLength(1);
    expect(await found({ Key: "Name", Option: "Contains", Values: ["/1"] })).toHaveLength(2);
    expect(await found({ Key: "tag:a", Values: ["c"] })).toEqual([]);
    expect(await refusal(found({ Key: "Colour", Values: ["x"] }))).toContain("InvalidFilterKey");
    expect(await refusal(found({ Key: "Type", Option: "Contains", Values: ["S"] }))).toContain("InvalidFilterOption");
  });

  test("writes versions, labels them, takes labels off, and tells their history", async () => {
    const Name = "/app/db";
    await put(Name, "one");
    expect(await refusal(put(Name, "two"))).toContain("ParameterAlreadyExists");
    await put(Name, "two", { Overwrite: true });
    const label = new ssm.LabelParameterVersionCommand({ Name, ParameterVersion: 1, Labels: ["good", "aws-bad"] });
    expect((await parameters.send(label)).InvalidLabels).toEqual(["aws-bad"]);
    const value = async (selector: string) =>
      (await parameters.send(new ssm.GetParameterCommand({ Name: `${Name}:${selector}` }))).Parameter?.Value;
    expect([await value("good"), await value("2")]).toEqual(["one", "two"]);
    const { Parameters } = await parameters.send(new ssm.GetParameterHistoryCommand({ Name }));
    expect(Parameters?.map((one) => [one.Version, one.Value, one.Labels])).toEqual([
      [1, "one", ["good"]],
      [2, "two", []],
    ]);
    const unlabel = { Name, ParameterVersion: 1, Labels: ["good", "other"] };
    expect(await parameters.send(new ssm.UnlabelParameterVersionCommand(unlabel))).toMatchObject({
      RemovedLabels: ["good"],
      InvalidLabels: ["other"],
    });
    expect(await refusal(value("good"))).toContain("ParameterVersionNotFound");
    await parameters.send(new ssm.DeleteParameterCommand({ Name }));
    expect(await refusal(value("1"))).toContain("ParameterNotFound");
    expect(await parameters.send(new ssm.DeleteParametersCommand({ Names: [Name] }))).toMatchObject({
      InvalidParameters: [Name],
    });
  });

  test("keeps a labelled version from falling off the end", async () => {
    await put("/v", "1");
    const label = { Name: "/v", ParameterVersion: 1, Labels: ["keep"] };
    await parameters.send(new ssm.LabelParameterVersionCommand(label));
    for (let version = 2; version <= 100; version++) await put("/v", String(version), { Overwrite: true });
    expect(await refusal(put("/v", "101", { Overwrite: true }))).toContain("ParameterMaxVersionLimitExceeded");
    await parameters.send(new ssm.UnlabelParameterVersionCommand(label));
    expect((await put("/v", "101", { Overwrite: true })).Version).toBe(101);
  });

  test("tags", async () => {
    await put("/t", "x");
    const of = { ResourceType: "Parameter", ResourceId: "/t" } as const;
    await parameters.send(new ssm.AddTagsToResourceCommand({ ...of, Tags: [{ Key: "a", Value: "1" }] }));
    await parameters.send(new ssm.AddTagsToResourceCommand({ ...of, Tags: [{ Key: "b", Value: "2" }] }));
    await parameters.send(new ssm.RemoveTagsFromResourceCommand({ ...of, TagKeys: ["a"] }));
    const { TagList } = await parameters.send(new ssm.ListTagsForResourceCommand(of));
    expect(TagList).toEqual([{ Key: "b", Value: "2" }]);
    const other = { ...of, ResourceId: "/none" };
    expect(await refusal(parameters.send(new ssm.ListTagsForResourceCommand(other)))).toContain("InvalidResourceId");
  });

  test("holds a value to its pattern and its size, and refuses what it has not", async () => {
    await put("/n", "12", { AllowedPattern: "\\d+" });
    expect(await refusal(put("/m", "12x", { AllowedPattern: "\\d+" }))).toContain("ParameterPatternMismatchException");
    expect(await refusal(put("/l", "x".repeat(4097)))).toContain("ValidationException");
    expect(await refusal(put("/a", "x", { Tier: "Advanced" }))).toContain('Tier "Advanced" is not served');
    expect(await refusal(parameters.send(new ssm.CreateDocumentCommand({ Name: "d", Content: "{}" })))).toContain(
      "UnknownOperationException",
    );
  });
});
