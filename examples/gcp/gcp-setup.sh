#!/bin/sh
# What Google needs to know: the secrets, the service account that may read them, and which ServiceAccount may borrow it.
# Set DB_PASSWORD and API_KEY first; the cluster is one of GKE with Workload Identity, in the project my-project.
printf '%s' "$DB_PASSWORD" | gcloud secrets create my-app-db-password --project=my-project --replication-policy=automatic --data-file=-
printf '%s' "$API_KEY" | gcloud secrets create my-app-api-key --project=my-project --replication-policy=automatic --data-file=-
gcloud iam service-accounts create my-app --project=my-project
gcloud secrets add-iam-policy-binding my-app-db-password --project=my-project \
  --member="serviceAccount:my-app@my-project.iam.gserviceaccount.com" --role=roles/secretmanager.secretAccessor
gcloud secrets add-iam-policy-binding my-app-api-key --project=my-project \
  --member="serviceAccount:my-app@my-project.iam.gserviceaccount.com" --role=roles/secretmanager.secretAccessor
gcloud iam service-accounts add-iam-policy-binding my-app@my-project.iam.gserviceaccount.com --project=my-project \
  --member="serviceAccount:my-project.svc.id.goog[production/app-service-account]" --role=roles/iam.workloadIdentityUser
