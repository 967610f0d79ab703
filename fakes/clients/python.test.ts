import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RealClock, Scope } from "../../core/index.ts";
import { FakeAws } from "../aws/index.ts";
import { AzureRig, TENANT } from "../azure/testing/rig.ts";
import { GcpRig } from "../gcp/testing/rig.ts";
import { FakeVault } from "../vault/index.ts";
import { missingPackage, python } from "./python.ts";

const clock = new RealClock();
const scope = new Scope("python");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-python-"));
});
afterAll(async () => {
  await scope[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The test, or its name with the reason why it is skipped. */
function withPackage(module: string, name: string, run: () => Promise<void>): void {
  const reason = missingPackage(module);
  if (reason === undefined) test(name, run, 90_000);
  else test.skip(`${name} (${reason})`, run);
}

withPackage("hvac", "hvac reads, writes, lists versions and is refused as at Vault", async () => {
  const vault = scope.use(await new FakeVault({ clock, rootToken: "root" }).start());
  const script = `
import hvac, json, os
client = hvac.Client(url=os.environ["URL"], token="root")
kv = client.secrets.kv.v2
kv.create_or_update_secret("app", secret={"password": "one"})
kv.create_or_update_secret("app", secret={"password": "two"})
client.sys.create_or_update_policy("app", 'path "secret/data/app" { capabilities = ["read"] }')
token = client.auth.token.create(policies=["app"])["auth"]["client_token"]
reader = hvac.Client(url=os.environ["URL"], token=token)
try:
    reader.secrets.kv.v2.read_secret_version("other", raise_on_deleted_version=True)
    refused = "nothing"
except hvac.exceptions.Forbidden as error:
    refused = str(error).split(",")[0]
print(json.dumps({
    "latest": reader.secrets.kv.v2.read_secret_version("app", raise_on_deleted_version=True)["data"]["data"]["password"],
    "first": kv.read_secret_version("app", version=1, raise_on_deleted_version=True)["data"]["data"]["password"],
    "versions": sorted(kv.read_secret_metadata("app")["data"]["versions"]),
    "refused": refused,
    "health": client.sys.read_health_status(method="GET")["sealed"],
}))`;
  expect(await python(script, { URL: vault.url })).toEqual({
    latest: "two",
    first: "one",
    versions: ["1", "2"],
    refused: "1 error occurred:\n\t* permission denied\n\n",
    health: false,
  });
});

withPackage("boto3", "boto3 makes, rotates, reads and is refused as at AWS", async () => {
  const aws = scope.use(await new FakeAws({ clock }).start());
  const script = `
import boto3, botocore, json, os
def client(service):
    return boto3.client(service, region_name="us-east-1", endpoint_url=os.environ["URL"],
        aws_access_key_id=os.environ["ID"], aws_secret_access_key=os.environ["KEY"])
secrets, ssm = client("secretsmanager"), client("ssm")
secrets.create_secret(Name="app", SecretString="one")
secrets.put_secret_value(SecretId="app", SecretString="two")
ssm.put_parameter(Name="/app/p", Value="v", Type="SecureString")
try:
    secrets.get_secret_value(SecretId="none")
    refused = "nothing"
except botocore.exceptions.ClientError as error:
    refused = error.response["Error"]["Code"]
wrong = boto3.client("secretsmanager", region_name="us-east-1", endpoint_url=os.environ["URL"],
    aws_access_key_id=os.environ["ID"], aws_secret_access_key="wrong")
try:
    wrong.get_secret_value(SecretId="app")
    unsigned = "nothing"
except botocore.exceptions.ClientError as error:
    unsigned = error.response["Error"]["Code"]
answer = ssm.get_parameters(Names=["/app/p", "/none"], WithDecryption=True)
print(json.dumps({
    "current": secrets.get_secret_value(SecretId="app")["SecretString"],
    "previous": secrets.get_secret_value(SecretId="app", VersionStage="AWSPREVIOUS")["SecretString"],
    "parameter": answer["Parameters"][0]["Value"], "invalid": answer["InvalidParameters"],
    "refused": refused, "unsigned": unsigned,
    "account": client("sts").get_caller_identity()["Account"],
}))`;
  const { accessKeyId: ID, secretAccessKey: KEY } = aws.ownerKey;
  expect(await python(script, { URL: aws.url, ID, KEY })).toEqual({
    current: "two",
    previous: "one",
    parameter: "v",
    invalid: ["/none"],
    refused: "ResourceNotFoundException",
    unsigned: "InvalidSignatureException",
    account: aws.accountId,
  });
});

withPackage("azure.keyvault.secrets", "azure-keyvault-secrets logs in by a token, reads and is refused", async () => {
  const rig = scope.use(await AzureRig.start(clock));
  const caFile = join(folder, "azure-ca.pem");
  await writeFile(caFile, rig.caPem);
  const script = `
import json, os
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import ClientAssertionCredential
from azure.keyvault.secrets import SecretClient
options = {"connection_verify": os.environ["CA"]}
credential = ClientAssertionCredential(os.environ["TENANT"], "app", lambda: os.environ["ASSERTION"],
    authority=os.environ["URL"], disable_instance_discovery=True, **options)
client = SecretClient(os.environ["URL"], credential, verify_challenge_resource=False, **options)
client.set_secret("python", "one")
client.set_secret("python", "two")
try:
    client.get_secret("none")
    refused = "nothing"
except ResourceNotFoundError as error:
    refused = error.error.code
print(json.dumps({
    "db": client.get_secret("db").value, "latest": client.get_secret("python").value,
    "versions": len(list(client.list_properties_of_secret_versions("python"))), "refused": refused,
}))`;
  const env = { URL: rig.azure.url, CA: caFile, TENANT, ASSERTION: rig.assertion() };
  expect(await python(script, env)).toEqual({ db: "pw", latest: "two", versions: 2, refused: "SecretNotFound" });
});

withPackage(
  "google.cloud.secretmanager",
  "google-cloud-secret-manager makes, reads and is refused over gRPC",
  async () => {
    const rig = scope.use(await GcpRig.start());
    const google = await rig.google({}, { tls: await rig.tls("localhost") });
    const caFile = join(folder, "gcp-ca.pem");
    await writeFile(caFile, rig.authority.certPem);
    const script = `
import grpc, json, os
from google.api_core.exceptions import NotFound, PermissionDenied
from google.cloud import secretmanager
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
def client(token):
    calls = grpc.access_token_call_credentials(token)
    tls = grpc.ssl_channel_credentials(open(os.environ["CA"], "rb").read())
    channel = grpc.secure_channel("localhost:" + os.environ["PORT"], grpc.composite_channel_credentials(tls, calls))
    return secretmanager.SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=channel))
owner = client("root")
secret = owner.create_secret(parent="projects/p", secret_id="python", secret={"replication": {"automatic": {}}})
owner.add_secret_version(parent=secret.name, payload={"data": b"one"})
version = owner.add_secret_version(parent=secret.name, payload={"data": b"two"})
def refusal(call):
    try:
        call()
        return "nothing"
    except (NotFound, PermissionDenied) as error:
        return type(error).__name__
latest = "projects/p/secrets/python/versions/latest"
print(json.dumps({
    "latest": owner.access_secret_version(name=latest).payload.data.decode(),
    "first": owner.access_secret_version(name="projects/p/secrets/python/versions/1").payload.data.decode(),
    "state": version.state.name,
    "none": refusal(lambda: owner.access_secret_version(name="projects/p/secrets/none/versions/latest")),
}))`;
    expect(await python(script, { PORT: String(google.port), CA: caFile })).toEqual({
      latest: "two",
      first: "one",
      state: "ENABLED",
      none: "NotFound",
    });
  },
);
