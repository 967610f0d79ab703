#!/bin/sh
# What AWS needs to know: the secrets, who may read them, the cluster's issuer, and which ServiceAccount becomes the role.
# Set ACCOUNT_ID, OIDC_PROVIDER (the cluster's issuer without https://), DB_PASSWORD and API_KEY first.
aws secretsmanager create-secret --region us-east-1 --name my-app-db-password --secret-string "$DB_PASSWORD"
aws secretsmanager create-secret --region us-east-1 --name my-app-api-key --secret-string "$API_KEY"
aws iam create-policy --policy-name SecretsManagerReadPolicy --policy-document file://iam-policy.json
aws iam create-open-id-connect-provider --url "https://$OIDC_PROVIDER" --client-id-list sts.amazonaws.com
cat > trust-policy.json <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Federated": "arn:aws:iam::$ACCOUNT_ID:oidc-provider/$OIDC_PROVIDER" },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "$OIDC_PROVIDER:sub": "system:serviceaccount:production:app-service-account",
          "$OIDC_PROVIDER:aud": "sts.amazonaws.com"
        }
      }
    }
  ]
}
EOF
aws iam create-role --role-name my-app-role --assume-role-policy-document file://trust-policy.json
aws iam attach-role-policy --role-name my-app-role --policy-arn "arn:aws:iam::$ACCOUNT_ID:policy/SecretsManagerReadPolicy"
