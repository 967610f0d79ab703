// Started by cluster-start.ts: a cluster from nothing, one request as soon as its API server answers, one when its node
// is Ready, and a line at each. It ends by itself: Node then writes its compile cache, and the cluster's folder goes.
import { enableCompileCache } from "node:module";

enableCompileCache();
const [{ EmbeddedCluster }, { RealClock }] = await Promise.all([
  import("../clusters/embedded/index.ts"),
  import("../core/index.ts"),
]);
const cluster = await new EmbeddedCluster({
  clock: new RealClock(),
  onServing: async (admin) => console.log((await admin.raw("GET", "/api/v1/namespaces")).status),
}).start();
console.log((await cluster.admin.raw("GET", "/api/v1/nodes")).status);
await cluster[Symbol.asyncDispose]();
