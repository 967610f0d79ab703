/**
 * Node's HTTP module. An `import` of it evaluates each of its exports, WebSocket among them, and so loads all of
 * Node's fetch: 55 ms of CPU that no process of ours has a use for.
 */
export const nodeHttp = process.getBuiltinModule("node:http");
