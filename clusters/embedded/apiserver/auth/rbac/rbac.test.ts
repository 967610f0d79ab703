import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../../kube/types.ts";
import { type Action, forbiddenRequest } from "../attributes.ts";
import { impersonated } from "../impersonation.ts";
import type { User } from "../user.ts";
import { RbacAuthorizer } from "./authorizer.ts";
import { bootstrapRbac } from "./bootstrap.ts";
import type { Binding, ClusterRole, RbacObjects, Role } from "./types.ts";

class Objects implements RbacObjects {
  readonly all: KubeObject[];

  constructor(...all: KubeObject[]) {
    this.all = [...bootstrapRbac(), ...all];
  }

  #of<T extends KubeObject>(kind: string): T[] {
    return this.all.filter((object): object is T => object.kind === kind);
  }

  role(namespace: string, name: string): Role | undefined {
    return this.#of<Role>("Role").find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  }

  clusterRole(name: string): ClusterRole | undefined {
    return this.clusterRoles().find(({ metadata }) => metadata.name === name);
  }

  clusterRoles(): ClusterRole[] {
    return this.#of<ClusterRole>("ClusterRole");
  }

  clusterRoleBindings(): Binding[] {
    return this.#of<Binding>("ClusterRoleBinding");
  }

  roleBindings(): Binding[] {
    return this.#of<Binding>("RoleBinding");
  }
}

const object = (kind: string, name: string, namespace: string | undefined, rest: object): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  ...rest,
});
const role = (name: string, namespace: string, ...rules: object[]) => object("Role", name, namespace, { rules });
const bind = (name: string, namespace: string | undefined, roleRef: string, ...subjects: object[]) => {
  const [kind, target] = roleRef.split("/");
  return object(namespace === undefined ? "ClusterRoleBinding" : "RoleBinding", name, namespace, {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: target },
    subjects,
  });
};
const app: User = {
  name: "system:serviceaccount:rec-rb:app",
  groups: ["system:serviceaccounts", "system:serviceaccounts:rec-rb", "system:authenticated"],
};
const jane: User = { name: "jane", groups: ["devs", "system:authenticated"] };
const admin: User = { name: "admin", groups: ["system:masters", "system:authenticated"] };
const on = (verb: string, resource: string, rest: Partial<Action> = {}): Action =>
  ({ kind: "resource", verb, group: "", resource, ...rest }) as Action;

describe("an authorizer by RBAC", () => {
  const recorded = new Objects(
    role("r", "rec-rb", { verbs: ["get", "list"], apiGroups: [""], resources: ["secrets"], resourceNames: ["s1"] }),
    bind("rb", "rec-rb", "Role/r", { kind: "ServiceAccount", name: "app", namespace: "rec-rb" }),
  );
  const authorizer = new RbacAuthorizer(recorded);

  it("names the binding that allowed", () => {
    expect(authorizer.authorize(app, on("get", "secrets", { namespace: "rec-rb", name: "s1" }))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "rb/rec-rb" of Role "r" to ServiceAccount "app/rec-rb"',
    });
  });

  it("covers a named resource only where the request carries the name", () => {
    const ask = (rest: Partial<Action>, verb = "list") =>
      authorizer.authorize(app, on(verb, "secrets", { namespace: "rec-rb", ...rest })).allowed;
    expect(ask({})).toBe(false);
    expect(ask({ name: "s1" })).toBe(true);
    expect(ask({ name: "s2" }, "get")).toBe(false);
    expect(ask({ name: "s1", namespace: "other" }, "get")).toBe(false);
  });

  it("refuses with the text of a real server", () => {
    const text = (user: User, action: Action) => {
      const { allowed, reason } = authorizer.authorize(user, action);
      expect(allowed).toBe(false);
      return forbiddenRequest(user, action, reason).status;
    };
    expect(text(app, on("get", "secrets", { namespace: "rec-rb", name: "s2" }))).toMatchObject({
      message:
        'secrets "s2" is forbidden: User "system:serviceaccount:rec-rb:app" cannot get resource "secrets" in API group "" in the namespace "rec-rb"',
      reason: "Forbidden",
      details: { name: "s2", kind: "secrets" },
      code: 403,
    });
    expect(text(jane, on("list", "nodes"))).toMatchObject({
      message: 'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
      details: { kind: "nodes" },
    });
    expect(text(jane, on("get", "pods", { subresource: "log", namespace: "a", name: "x" })).message).toBe(
      'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "a"',
    );
    expect(text(jane, on("patch", "deployments", { group: "apps", namespace: "a", name: "web" }))).toMatchObject({
      message:
        'deployments.apps "web" is forbidden: User "jane" cannot patch resource "deployments" in API group "apps" in the namespace "a"',
      details: { name: "web", group: "apps", kind: "deployments" },
    });
    expect(text(jane, { kind: "path", verb: "get", path: "/metrics" })).toMatchObject({
      message: 'forbidden: User "jane" cannot get path "/metrics"',
      details: {},
    });
  });

  it("allows system:masters everything, without a reason", () => {
    expect(authorizer.authorize(admin, on("escalate", "everything"))).toEqual({ allowed: true, reason: "" });
  });

  it("lets everybody who is known discover, and look at their own rights", () => {
    expect(authorizer.authorize(jane, { kind: "path", verb: "get", path: "/apis/apps/v1" }).allowed).toBe(true);
    const review = on("create", "selfsubjectaccessreviews", { group: "authorization.k8s.io" });
    expect(authorizer.authorize(jane, review).allowed).toBe(true);
    expect(authorizer.authorize(app, { kind: "path", verb: "get", path: "/openid/v1/jwks" }).allowed).toBe(true);
    expect(authorizer.authorize(jane, { kind: "path", verb: "get", path: "/openid/v1/jwks" }).allowed).toBe(false);
    const nobody: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };
    expect(authorizer.authorize(nobody, { kind: "path", verb: "get", path: "/version" }).allowed).toBe(true);
    expect(authorizer.authorize(nobody, { kind: "path", verb: "get", path: "/apis" }).allowed).toBe(false);
  });

  it("lists the rules of a user as recorded by `auth can-i --list`", () => {
    const { rules } = authorizer.rulesFor(app, "rec-rb");
    expect(rules.filter((rule) => rule.resources).flatMap((rule) => rule.resources)).toEqual(
      expect.arrayContaining(["selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "secrets"]),
    );
    expect(new Set(rules.flatMap((rule) => rule.nonResourceURLs ?? []))).toEqual(
      new Set([
        ...["/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/api", "/api/*", "/apis"],
        ...["/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/openid/v1/jwks", "/openid/v1/jwks/"],
        ...["/readyz", "/version", "/version/"],
      ]),
    );
  });
});

describe("rules", () => {
  const authorizerFor = (...rules: object[]) =>
    new RbacAuthorizer(
      new Objects(role("r", "ns", ...rules), bind("b", "ns", "Role/r", { kind: "User", name: "jane" })),
    );

  it("know stars and subresources", () => {
    const allowed = (rule: object, action: Action) => authorizerFor(rule).authorize(jane, action).allowed;
    const pods = { verbs: ["*"], apiGroups: [""], resources: ["pods"] };
    expect(allowed(pods, on("get", "pods", { namespace: "ns" }))).toBe(true);
    expect(allowed(pods, on("get", "pods", { namespace: "ns", subresource: "log" }))).toBe(false);
    const logs = { ...pods, resources: ["pods/log"] };
    expect(allowed(logs, on("get", "pods", { namespace: "ns", subresource: "log" }))).toBe(true);
    expect(allowed(logs, on("get", "pods", { namespace: "ns" }))).toBe(false);
    const anyStatus = { verbs: ["update"], apiGroups: ["*"], resources: ["*/status"] };
    expect(allowed(anyStatus, on("update", "jobs", { group: "batch", namespace: "ns", subresource: "status" }))).toBe(
      true,
    );
    expect(allowed(anyStatus, on("update", "jobs", { group: "batch", namespace: "ns" }))).toBe(false);
    // A Role speaks in its namespace alone.
    expect(allowed(pods, on("get", "pods"))).toBe(false);
  });

  it("follow a change once it is announced", () => {
    const objects = new Objects();
    const authorizer = new RbacAuthorizer(objects);
    const ask = () => authorizer.authorize(jane, on("get", "pods", { namespace: "ns" })).allowed;
    expect(ask()).toBe(false);
    objects.all.push(
      role("r", "ns", { verbs: ["get"], apiGroups: [""], resources: ["pods"] }),
      bind("b", "ns", "Role/r", { kind: "Group", name: "devs" }),
    );
    authorizer.changed();
    expect(ask()).toBe(true);
  });

  it("say which role a binding names in vain", () => {
    const authorizer = new RbacAuthorizer(
      new Objects(
        bind("b", "ns", "Role/ghost", { kind: "User", name: "jane" }),
        bind("c", undefined, "ClusterRole/gone", { kind: "Group", name: "devs" }),
      ),
    );
    expect(authorizer.authorize(jane, on("get", "pods", { namespace: "ns" })).reason).toBe(
      'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "ghost" not found]',
    );
  });
});

describe("aggregated ClusterRoles", () => {
  it("take in what carries their label, through one another", () => {
    const widgets = {
      ...object("ClusterRole", "widgets-viewer", undefined, {
        rules: [{ verbs: ["get"], apiGroups: ["rec.example.com"], resources: ["widgets"] }],
      }),
    };
    widgets.metadata = {
      name: "widgets-viewer",
      labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" },
    };
    const bindings = [
      bind("a", "a", "ClusterRole/admin", { kind: "User", name: "jane" }),
      bind("v", "v", "ClusterRole/view", { kind: "User", name: "jane" }),
    ];
    const authorizer = new RbacAuthorizer(new Objects(widgets, ...bindings));
    const ask = (namespace: string, verb: string, resource: string, group = "") =>
      authorizer.authorize(jane, on(verb, resource, { group, namespace })).allowed;
    expect(ask("v", "get", "widgets", "rec.example.com")).toBe(true);
    expect(ask("a", "get", "widgets", "rec.example.com")).toBe(true);
    expect(ask("v", "get", "secrets")).toBe(false);
    expect(ask("a", "get", "secrets")).toBe(true);
    expect(ask("a", "create", "rolebindings", "rbac.authorization.k8s.io")).toBe(true);
    expect(ask("v", "create", "pods")).toBe(false);
  });
});

describe("impersonation", () => {
  const objects = new Objects(
    object("ClusterRole", "acts", undefined, {
      rules: [
        { verbs: ["impersonate"], apiGroups: [""], resources: ["users"], resourceNames: ["bob"] },
        { verbs: ["impersonate"], apiGroups: ["authentication.k8s.io"], resources: ["userextras/scopes"] },
      ],
    }),
    bind("acts", undefined, "ClusterRole/acts", { kind: "User", name: "jane" }),
  );
  const authorizer = new RbacAuthorizer(objects);
  const as = (sender: User, headers: Record<string, string>) =>
    impersonated(sender, headers, (user, action) => authorizer.authorize(user, action));

  it("leaves the sender alone without headers", () => {
    expect(as(jane, { authorization: "x" })).toBe(jane);
  });

  it("acts as a ServiceAccount with its groups, or with those that are named", () => {
    const name = "system:serviceaccount:rec-rb:app";
    expect(as(admin, { "impersonate-user": name })).toEqual(app);
    expect(as(admin, { "impersonate-user": name, "impersonate-group": "a, b" }).groups).toEqual([
      ...["a", "b", "system:authenticated"],
    ]);
  });

  it("asks for each header", () => {
    expect(as(jane, { "impersonate-user": "bob", "impersonate-extra-scopes": "s" })).toEqual({
      name: "bob",
      groups: ["system:authenticated"],
      extra: { scopes: ["s"] },
    });
    expect(() => as(jane, { "impersonate-user": "eve" })).toThrow(
      'users "eve" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    expect(() => as(jane, { "impersonate-user": "bob", "impersonate-group": "g" })).toThrow(/groups "g" is forbidden/);
    expect(() => as(jane, { "impersonate-group": "g" })).toThrow(/without impersonating a user/);
  });
});
