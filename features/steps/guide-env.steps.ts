import { Then } from "@cucumber/cucumber";
import { checkSame } from "../check.ts";
import { awsEstate } from "../world/estate/aws.ts";
import { azureEstate } from "../world/estate/azure.ts";
import { gcpEstate } from "../world/estate/gcp.ts";
import { estate } from "../world/estate/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const STORES = { AWS: awsEstate, "Key Vault": azureEstate, Google: gcpEstate } as const;

Then(
  /^the container of "([^"]+)" in "([^"]+)" has DB_PASSWORD and API_KEY as (AWS|Key Vault|Google) holds them$/,
  async function (this: W, app: string, namespace: string, store: keyof typeof STORES) {
    const { password, key } = this.use<{ readonly secrets: { readonly password: string; readonly key: string } }>(
      STORES[store],
    ).secrets;
    const [pod] = await this.use(estate).pods(namespace, app);
    const cluster = await this.use(estate).cluster();
    const seen = await cluster.environment({
      namespace: pod?.metadata.namespace ?? "",
      name: pod?.metadata.name ?? "",
    });
    const { digester } = this.run;
    const got = ["DB_PASSWORD", "API_KEY"].map((name) => digester.digest(seen.get(name) ?? ""));
    checkSame(got, [digester.digest(password), digester.digest(key)], "what the variables hold");
  },
);
