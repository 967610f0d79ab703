// Reloads a mounted secret when it is rotated. The file is a link through "..data", and a rotation renames a new
// "..data" over the old one: what to watch is the directory, and what to ask is whether the content is another one.
import { readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

const secretFile = process.argv[2];
let current = readFileSync(secretFile);

watch(dirname(secretFile), (_event, name) => {
  if (name !== "..data") return;
  const next = readFileSync(secretFile);
  if (next.equals(current)) return;
  current = next;
  console.log("reloaded");
});
console.log("watching");
