/** The embedded API server as a process of its own, for the bench: its configuration on stdout, until stdin closes. */
import { EmbeddedApiServer } from "../clusters/embedded/apiserver/index.ts";
import { RealClock } from "../core/index.ts";

const api = await new EmbeddedApiServer({ clock: new RealClock() }).start();
console.log(JSON.stringify(api.adminConfig));
process.stdin.once("end", () => process.exit(0)).resume();
