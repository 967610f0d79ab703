mkdir -p c/templates c/crds && printf 'apiVersion: v2\nname: shop\nversion: 0.3.0\n' > c/Chart.yaml && printf 'size: 1\nname: front\n' > c/values.yaml && printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-{{ .Values.name }}"}\ndata: {size: "{{ .Values.size }}"}\n' > c/templates/a.yaml && printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  replicas: 0\n  selector: {matchLabels: {a: shop}}\n  template:\n    metadata: {labels: {a: shop}}\n    spec: {containers: [{name: m, image: "busybox:{{ .Values.size }}"}]}\n' > c/templates/b.yaml

kubectl create namespace diff-e; sleep 1

helm -n diff-e install shop ./c

helm -n diff-e install shop ./c

helm -n diff-e upgrade shop ./c --set size=2,name=back

kubectl -n diff-e get configmaps,deployments -o name

helm -n diff-e history shop --max 5 | cut -f1,3-

helm -n diff-e rollback shop 1

kubectl -n diff-e get deployment shop -o jsonpath='{.spec.template.spec.containers[0].image} {.metadata.labels}'

helm -n diff-e upgrade shop ./c --set name=Bad_Name

helm -n diff-e status shop | head -4 | cut -d: -f1

helm -n diff-e template shop ./c --dry-run=server

helm -n diff-e uninstall shop

helm -n diff-e uninstall shop

kubectl -n diff-e get all,secrets -o name

kubectl delete namespace diff-e --wait=false
