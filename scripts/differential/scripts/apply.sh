kubectl create namespace diff-b

kubectl -n diff-b apply --server-side --field-manager=alpha -f - <<X
apiVersion: v1
kind: Service
metadata: {name: s, labels: {tier: front}}
spec:
  selector: {app: s}
  ports: [{name: http, port: 80, targetPort: 8080}]
X

kubectl -n diff-b apply --server-side --field-manager=beta -f - <<X
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  ports: [{name: http, port: 80, targetPort: 9090}]
X

kubectl -n diff-b apply --server-side --field-manager=beta --force-conflicts -f - <<X
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  ports: [{name: http, port: 80, targetPort: 9090}, {name: dns, port: 53, protocol: UDP}]
X

kubectl -n diff-b get service s -o yaml --show-managed-fields

kubectl -n diff-b apply --server-side --field-manager=alpha -f - <<X
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  selector: {app: s}
X

kubectl -n diff-b get service s -o yaml --show-managed-fields

kubectl -n diff-b apply -f - <<X
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 0
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
      - {name: main, image: "busybox:1", env: [{name: A, value: "1"}, {name: B, value: "2"}]}
      - {name: side, image: pause}
X

kubectl -n diff-b apply -f - <<X
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 0
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
      - {name: main, image: "busybox:2", env: [{name: B, value: "3"}]}
X

kubectl -n diff-b get deployment d -o jsonpath='{.spec.template.spec.containers}'

kubectl -n diff-b diff -f - <<X
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 0
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
      - {name: main, image: "busybox:3", env: [{name: B, value: "3"}]}
X

kubectl -n diff-b patch deployment d -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'

kubectl -n diff-b patch deployment d -p '{"spec":{"template":{"spec":{"containers":[{"name":"main","$patch":"delete"}]}}}}'

kubectl -n diff-b patch deployment d -p '{"spec":{"replicas":"two"}}'

kubectl -n diff-b set image deployment/d main=busybox:4

kubectl -n diff-b scale deployment d --replicas=0 --current-replicas=5

kubectl -n diff-b apply --server-side -f - <<X
apiVersion: v1
kind: ConfigMap
metadata: {name: typed}
data: {a: 1}
X

kubectl -n diff-b apply --server-side -f - <<X
apiVersion: v1
kind: ConfigMap
metadata: {name: typed}
daata: {a: "1"}
X

kubectl -n diff-b apply --dry-run=server -o yaml -f - <<X
apiVersion: v1
kind: ConfigMap
metadata: {name: dry}
data: {a: "1"}
X

kubectl -n diff-b get configmap dry

kubectl delete namespace diff-b
