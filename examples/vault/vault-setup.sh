#!/bin/sh
# What a Vault needs to know: who may log in from the cluster, what they may read, and the secrets themselves.
vault auth enable kubernetes
vault write auth/kubernetes/config kubernetes_host=https://kubernetes.default.svc:443
vault policy write app-policy - <<EOF
path "secret/data/myapp/*" {
  capabilities = ["read"]
}
EOF
vault write auth/kubernetes/role/app-role \
  bound_service_account_names=app-service-account \
  bound_service_account_namespaces=production \
  policies=app-policy \
  ttl=24h
vault kv put secret/myapp/database password="$DB_PASSWORD"
vault kv put secret/myapp/api token="$API_TOKEN"
