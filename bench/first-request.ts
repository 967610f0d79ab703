// Started by cluster-start.ts: a cluster from nothing, one request, one line.
import { enableCompileCache } from "node:module";

enableCompileCache();
const [{ EmbeddedCluster }, { RealClock }] = await Promise.all([
  import("../clusters/embedded/index.ts"),
  import("../core/index.ts"),
]);
const cluster = await new EmbeddedCluster({ clock: new RealClock() }).start();
const { status } = await cluster.admin.raw("GET", "/api/v1/namespaces");
console.log(status);
