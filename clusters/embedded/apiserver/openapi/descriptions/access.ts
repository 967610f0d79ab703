/** The groups of who may do what. See ./index.ts for the form. */
export const ACCESS = `
[rbac.authorization.k8s.io/v1]
Role Rights within a namespace.
ClusterRole Rights in the whole cluster, or for RoleBindings to give within a namespace.
  aggregationRule Makes the rules of this role from those of others.
PolicyRule Verbs on resources or paths. A rule allows; nothing forbids.
  verbs What may be done: get, list, watch, create, update, patch, delete, or * for all.
  apiGroups Groups of the resources; "" is the core group, * all.
  resources Resources, such as pods or pods/log; * for all.
  resourceNames Names that the rule is limited to; all when empty.
  nonResourceURLs Paths outside the resources, such as /healthz; * at the end for all below. In ClusterRoles alone.
AggregationRule Which roles' rules are taken.
  clusterRoleSelectors Selects ClusterRoles by labels; one match is enough.
RoleBinding Gives a role to subjects within a namespace.
  subjects Who gets the role.
  roleRef The role that is given. Fixed.
ClusterRoleBinding Gives a ClusterRole to subjects in the whole cluster.
  subjects Who gets the role.
  roleRef The role that is given. Fixed.
RoleRef The role that is given. Fixed.
  kind Role or ClusterRole.
Subject Who gets a role.
  kind User, Group or ServiceAccount.
  apiGroup "" for ServiceAccounts, rbac.authorization.k8s.io for users and groups.
  namespace The ServiceAccount's namespace.

[authentication.k8s.io/v1]
TokenRequest Asks for a token of a ServiceAccount.
TokenRequestSpec What the token shall be.
  audiences Who the token is meant for; the API server when empty.
  expirationSeconds How long it shall be valid. The server may give another time.
  boundObjectRef The object that the token dies with: a Pod, Node or Secret.
TokenRequestStatus The token.
  token The token itself.
  expirationTimestamp When it ends.
BoundObjectReference The object that a token dies with.
TokenReview Asks whether a token is good. Nothing is stored.
TokenReviewSpec The token to look at.
  token The token itself.
  audiences Whom it should be meant for; the API server when empty.
TokenReviewStatus What was found.
  authenticated Whether the token is good.
  user Whose it is.
  audiences Audiences that token and request have in common.
UserInfo A user.
  username The name.
  groups The groups.
  extra More that the authenticator told.
SelfSubjectReview Asks who the caller is. Nothing is stored.
SelfSubjectReviewStatus Who the caller is.
  userInfo The caller.

[authorization.k8s.io/v1]
SubjectAccessReview Asks whether a user may do something. Nothing is stored.
LocalSubjectAccessReview Asks whether a user may do something in a namespace. Nothing is stored.
SelfSubjectAccessReview Asks whether the caller may do something. Nothing is stored.
SelfSubjectRulesReview Asks what the caller may do in a namespace. Nothing is stored.
SubjectAccessReviewSpec Who and what is asked about.
  resourceAttributes An action on a resource.
  nonResourceAttributes An action on a path.
  user The user.
  groups The user's groups.
  extra More that is known of the user.
SelfSubjectAccessReviewSpec What is asked about.
  resourceAttributes An action on a resource.
  nonResourceAttributes An action on a path.
SelfSubjectRulesReviewSpec Where rules are asked about.
SubjectAccessReviewStatus The answer.
  allowed Whether it is allowed.
  denied Whether it is forbidden, whatever others say.
  reason Why.
  evaluationError What could not be looked at.
SubjectRulesReviewStatus The rules that were found.
  resourceRules Rules on resources.
  nonResourceRules Rules on paths.
  incomplete Whether there may be more.
  evaluationError What could not be looked at.
ResourceAttributes An action on a resource.
  verb The verb, such as get.
  group The API group.
  version The version.
  resource The resource.
  subresource The subresource.
  fieldSelector The field selector of the request.
NonResourceAttributes An action on a path.
  verb The HTTP verb in lower case.
ResourceRule A rule on resources.
  verbs What may be done.
  apiGroups Groups of the resources.
  resources The resources.
  resourceNames Names that the rule is limited to.
NonResourceRule A rule on paths.
  verbs What may be done.
  nonResourceURLs The paths.
FieldSelectorAttributes A field selector.
  rawSelector As it was sent.
  requirements Its requirements.
LabelSelectorAttributes A label selector.
  rawSelector As it was sent.
  requirements Its requirements.

`;
