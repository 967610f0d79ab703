#!/bin/sh
# A vault with two secrets, an identity that may read them, and the ServiceAccount that acts as it.
# OIDC_ISSUER: az aks show --name NAME --resource-group my-group --query oidcIssuerProfile.issuerUrl --output tsv
# CLIENT_ID: the clientId that "az identity create" prints; it goes into the SecretProviderClass.
az keyvault create --name my-keyvault --resource-group my-group --enable-rbac-authorization false
az keyvault secret set --vault-name my-keyvault --name db-password --value "$DB_PASSWORD"
az keyvault secret set --vault-name my-keyvault --name api-key --value "$API_KEY"

az identity create --name app-identity --resource-group my-group
az keyvault set-policy --name my-keyvault --secret-permissions get --spn "$CLIENT_ID"
az identity federated-credential create --name app --identity-name app-identity --resource-group my-group \
  --issuer "$OIDC_ISSUER" \
  --subject system:serviceaccount:production:app-service-account \
  --audiences api://AzureADTokenExchange
