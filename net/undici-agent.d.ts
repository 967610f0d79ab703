/** undici ships types for its entry only; this is the module behind its `Agent`. */
declare module "undici/lib/dispatcher/agent.js" {
  import { Agent } from "undici";
  export default Agent;
}
