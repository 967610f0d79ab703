import { expect, test } from "vitest";
import { compile } from "./compile.ts";
import { celTypeOf, celValueOf, escaped } from "./schema-types.ts";
import type { CelValue } from "./values.ts";

const schema = {
  type: "object",
  properties: {
    int: { type: "integer" },
    number: { type: "number" },
    text: { type: "string" },
    flag: { type: "boolean" },
    list: { type: "array", items: { type: "integer" } },
    set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
    map: { type: "object", additionalProperties: { type: "string" } },
    port: { "x-kubernetes-int-or-string": true },
    when: { type: "string", format: "date-time" },
    wait: { type: "string", format: "duration" },
    "a-b.c": { type: "string" },
    in: { type: "string" },
    maybe: { type: "string" },
  },
} as const;
const self = {
  int: 3,
  number: 1.5,
  text: "héllo",
  flag: true,
  list: [3, 1, 2],
  set: ["b", "a"],
  map: { k: "v", other: "w" },
  port: "http",
  when: "2026-11-26T06:07:08.5Z",
  wait: "1h30m",
  "a-b.c": "dashed",
  in: "word",
  apiVersion: "v1",
  kind: "Thing",
  metadata: { name: "n", labels: { secret: "hidden" } },
};

function compiled(source: string) {
  const type = celTypeOf(schema, true);
  if (type === undefined) throw new Error("no type");
  return compile(source, [["self", type]]);
}

function evaluated(source: string): CelValue | string {
  const program = compiled(source);
  if (typeof program === "string") return program;
  return program.evaluate([celValueOf(self, schema, true)], { left: 100_000 });
}

test.each([
  "self.int + 1 == 4 && self.number < 2.0",
  "self.int < 3.5",
  "self.text.size() == 5 && self.text.startsWith('hé') && self.text.matches('^h.*o$')",
  "self.list.all(x, x > 0) && self.list.exists(x, x == 2) && self.list.exists_one(x, x == 3)",
  "self.list.map(x, x * 2) == [6, 2, 4] && self.list.map(x, x > 1, x) == [3, 2]",
  "self.list.filter(x, x > 1).size() == 2 && self.list.sum() == 6 && self.list.max() == 3 && !self.list.isSorted()",
  "self.map.all(k, self.map[k] in ['v', 'w']) && 'k' in self.map && self.map.k == 'v'",
  "self.map.exists(k, v, k == 'k' && v == 'v')",
  "self.list.transformList(i, v, i + v) == [3, 2, 4]",
  "self.map.transformMap(k, v, v.size()) == {'k': 1, 'other': 1}",
  "has(self.text) && !has(self.maybe) && has(self.map.k)",
  "self.?maybe.orValue('none') == 'none' && self.?text.hasValue()",
  "self.map[?'z'].optMap(v, v + '!').orValue('nothing') == 'nothing'",
  "optional.of(2).optMap(x, x + 1).value() == 3 && !optional.none().hasValue()",
  "type(self.port) == string && self.port == 'http' && dyn(1) == 1.0",
  "self.when.getFullYear() == 2026 && self.when.getMonth() == 10 && self.when.getHours('Europe/Berlin') == 7",
  "self.when + duration('1h') > timestamp('2026-11-26T07:00:00Z') && self.wait.getMinutes() == 90",
  "self.a__dash__b__dot__c == 'dashed' && self.__in__ == 'word'",
  "self.metadata.name == 'n' && self.kind == 'Thing'",
  "false && 1 / 0 == 1 || true || 1 % 0 == 0",
  "[1, 0].exists(x, 1 / x == 1)",
  "'a,b,c'.split(',', 2) == ['a', 'b,c'] && ['a', 'b'].join('-') == 'a-b' && 'tacocat'.substring(4) == 'cat'",
  "'Hello'.lowerAscii() == 'hello' && 'hello hello'.replace('he', 'we', 1) == 'wello hello' && 'abc'.indexOf('c') == 2",
  "'v1.2.3'.find('[0-9]+') == '1' && 'v1.2.3'.findAll('[0-9]+', 2) == ['1', '2']",
  "r'\\d' == '\\\\d' && '\\u00e9' == 'é' && b'a' == bytes('a') && \"\"\"x\"y\"\"\" == 'x\"y'",
  "int('7') == 7 && string(1.5) == '1.5' && double(2) == 2.0 && uint(2) == 2u && 0x1F == 31 && -(-3) == 3",
  "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').add(quantity('1.5')).asInteger() == 2 && isQuantity('2k') && !isQuantity('2z')",
  "quantity('1000m') == quantity('1') && quantity('-1').sign() == -1 && quantity('5').sub(2).compareTo(quantity('3')) == 0",
  "url('https://a.example:8443/p?q=1&q=2').getHost() == 'a.example:8443' && url('https://[::1]:80/').getHostname() == '::1'",
  "url('https://a.example:443/').getPort() == '443' && url('/only/path').getScheme() == '' && !isURL('nothing')",
  "url('https://a/?q=1&q=2').getQuery()['q'] == ['1', '2']",
  "ip('10.0.0.7').family() == 4 && isIP('::1') && !isIP('010.0.0.1') && ip('::1').isLoopback() && ip.isCanonical('::1')",
  "cidr('10.1.2.3/16').containsIP('10.1.9.9') && cidr('10.1.2.3/16').masked() == cidr('10.1.0.0/16') && cidr('fd00::/8').prefixLength() == 8",
  "cidr('10.0.0.0/8').containsCIDR('10.2.0.0/16') && !cidr('10.0.0.0/8').containsCIDR('0.0.0.0/0') && !isCIDR('10.0.0.0/33')",
  "sets.contains([1, 2, 3], [3, 1]) && sets.equivalent(['a', 'b'], ['b', 'a', 'a']) && !sets.intersects([1], [2])",
  "self.set == ['a', 'b'] // sets are seen in one order",
  "{'a': [1], 'b': []}.size() == 2 && {1: 'x'}[1] == 'x'",
  "(self.flag ? 'yes' : 'no') == 'yes'",
])("%s", (source) => {
  expect(evaluated(source)).toBe(true);
});

test.each([
  ["self.foo > 1", "ERROR: <input>:1:5: undefined field 'foo'\n | self.foo > 1\n | ....^"],
  [
    "self.int > 'x'",
    "ERROR: <input>:1:10: found no matching overload for '_>_' applied to '(int, string)'\n | self.int > 'x'\n | .........^",
  ],
  [
    "self.int.startsWith('x')",
    "ERROR: <input>:1:20: found no matching overload for 'startsWith' applied to 'int.(string)'\n | self.int.startsWith('x')\n | ...................^",
  ],
  ["foo == 1", "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo == 1\n | ^"],
  ["foo(1)", "ERROR: <input>:1:4: undeclared reference to 'foo' (in container '')\n | foo(1)\n | ...^"],
  ["self.int.x", "ERROR: <input>:1:9: type 'int' does not support field selection\n | self.int.x\n | ........^"],
  [
    "self.metadata.labels == {}",
    "ERROR: <input>:1:14: undefined field 'labels'\n | self.metadata.labels == {}\n | .............^",
  ],
  [
    "self.int.all(x, x > 0)",
    "ERROR: <input>:1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | self.int.all(x, x > 0)\n | ....^",
  ],
  [
    "self.int >",
    "ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.int >\n | ..........^",
  ],
  [
    "self.int == 1 1",
    "ERROR: <input>:1:15: Syntax error: mismatched input '1' expecting <EOF>\n | self.int == 1 1\n | ..............^",
  ],
])("%s is refused as cel-go words it", (source, text) => {
  expect(compiled(source)).toBe(text);
});

test.each([
  ["1 / 0 == 1", "division by zero"],
  ["self.list[7] == 1", "index out of bounds: 7"],
  ["self.map['z'] == 'v'", "no such key: z"],
  ["self.maybe == 'x'", "no such key: maybe"],
  ["9223372036854775807 + 1 > 0", "integer overflow"],
  ["self.port > 3", "no such overload"],
  ["[2, 0].all(x, 1 / x < 1)", "division by zero"],
])("%s has no value", (source, text) => {
  expect(() => evaluated(source)).toThrow(text);
});

test("brackets without end and work without end are cut short", () => {
  expect(compiled("(".repeat(100_000))).toMatch("expression recursion limit exceeded: 250");
  const program = compiled("self.list.all(a, self.list.all(b, self.list.all(c, a + b + c > 0)))");
  if (typeof program === "string") throw new Error(program);
  expect(() => program.evaluate([celValueOf(self, schema, true)], { left: 20 })).toThrow();
});

test.each([
  ["a-b", "a__dash__b"],
  ["a.b/c", "a__dot__b__slash__c"],
  ["a__b", "a__underscores__b"],
  ["namespace", "__namespace__"],
  ["1a", undefined],
  ["ü", undefined],
])("a field %s is called %s", (name, expected) => {
  expect(escaped(name)).toBe(expected);
});
