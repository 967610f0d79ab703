// Started by cluster-start.ts: a cluster from nothing, one request as soon as its API server answers, one when its node
// is Ready, and a line at each. `fill` has it
// leave Node's compile cache warm.
import { enableCompileCache, flushCompileCache } from "node:module";

enableCompileCache();
const [{ EmbeddedCluster }, { RealClock }] = await Promise.all([
  import("../clusters/embedded/index.ts"),
  import("../core/index.ts"),
]);
const cluster = await new EmbeddedCluster({
  clock: new RealClock(),
  onServing: async (admin) => console.log((await admin.raw("GET", "/api/v1/namespaces")).status),
}).start();
// Node writes the cache when a process ends by itself, which this one does not.
if (process.argv[2] === "fill") flushCompileCache();
console.log((await cluster.admin.raw("GET", "/api/v1/nodes")).status);
