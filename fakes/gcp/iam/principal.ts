/** Somebody who calls, by all the names that a policy may know them by. */
export type Principal = {
  /** What the journal and error texts call them. */
  readonly name: string;
  /** Member strings of policies that mean them, without the two that mean everybody. */
  readonly members: ReadonlySet<string>;
  /** May do all: who seeds. */
  readonly isRoot?: boolean;
};

const IAM = "//iam.googleapis.com";

/** A Google service account. */
export function serviceAccountPrincipal(email: string): Principal {
  const member = `serviceAccount:${email}`;
  return { name: member, members: new Set([member]) };
}

/** A ServiceAccount of a GKE cluster, by the cluster's own pool. */
export function kubernetesPrincipal(parts: {
  readonly pool: string;
  readonly projectNumber: string;
  readonly provider: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly uid: string;
}): Principal {
  const { pool, projectNumber, provider, namespace, serviceAccount, uid } = parts;
  const base = `${IAM}/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}`;
  const member = `serviceAccount:${pool}[${namespace}/${serviceAccount}]`;
  return {
    name: member,
    members: new Set([
      member,
      `principal:${base}/subject/ns/${namespace}/sa/${serviceAccount}`,
      `principalSet:${base}/namespace/${namespace}`,
      `principalSet:${base}/kubernetes.cluster/${provider}`,
      ...(uid !== "" ? [`principal:${base}/kubernetes.serviceaccount.uid/${uid}`] : []),
      `principalSet:${base}/*`,
    ]),
  };
}

/** Somebody of a workload identity pool, by what its provider mapped. */
export function federatedPrincipal(
  pool: string,
  mapped: {
    readonly subject: string;
    readonly groups: readonly string[];
    readonly attributes: Readonly<Record<string, string>>;
  },
): Principal {
  const base = `${IAM}/${pool}`;
  const name = `principal:${base}/subject/${mapped.subject}`;
  return {
    name,
    members: new Set([
      name,
      ...mapped.groups.map((group) => `principalSet:${base}/group/${group}`),
      ...Object.entries(mapped.attributes).map(([key, value]) => `principalSet:${base}/attribute.${key}/${value}`),
      `principalSet:${base}/*`,
    ]),
  };
}

/** A parameter as itself, when it reads the secrets it refers to. */
export function parameterPrincipal(projectNumber: string, location: string, uid: string, name: string): Principal {
  const base = "principal://parametermanager.googleapis.com/projects";
  const members = [
    `${base}/${projectNumber}/uid/locations/${location}/parameters/${uid}`,
    `${base}/${projectNumber}/name/locations/${location}/parameters/${name}`,
  ];
  return { name: members[0] ?? "", members: new Set(members) };
}
