kubectl create namespace diff-a

kubectl -n diff-a create configmap colours --from-literal=sky=blue --from-literal=grass=green -o yaml

kubectl -n diff-a create configmap colours --from-literal=sky=red

kubectl -n diff-a get configmap colours -o jsonpath='{.data.sky}'

kubectl -n diff-a patch configmap colours --type=json -p '[{"op":"replace","path":"/data/sky","value":"grey"},{"op":"remove","path":"/data/none"}]'

kubectl -n diff-a patch configmap colours --type=merge -p '{"data":{"grass":null,"sea":"navy"},"metadata":{"labels":{"season":"winter"}}}' -o yaml

kubectl -n diff-a get configmaps --show-labels

kubectl -n diff-a create secret generic door --from-literal=code=1234 --type=example.com/door -o json

kubectl -n diff-a patch secret door -p '{"type":"Opaque"}'

kubectl -n diff-a patch secret door -p '{"stringData":{"code":"9999"}}' -o jsonpath='{.data.code}'

kubectl -n diff-a patch secret door -p '{"immutable":true}'

kubectl -n diff-a patch secret door -p '{"data":{"code":"MQ=="}}'

kubectl -n diff-a create secret tls broken --cert=/dev/null --key=/dev/null

kubectl -n diff-a get secrets --field-selector type=example.com/door -o name

kubectl -n diff-a get secrets --field-selector metadata.uid=x

kubectl -n diff-a get configmaps -l 'season in (winter,summer),!missing' -o name

kubectl -n diff-a get configmaps -l 'season=' -o name

kubectl -n diff-a describe configmap colours

kubectl -n diff-a annotate configmap colours note=first --overwrite

kubectl -n diff-a label configmap colours 'bad key=x'

kubectl -n diff-a replace -f - <<X
{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"colours","resourceVersion":"1"},"data":{}}
X

kubectl -n diff-a create -f - <<X
apiVersion: v1
kind: ConfigMap
metadata: {name: Bad_Name}
X

kubectl -n diff-a create -f - <<X
apiVersion: v1
kind: ConfigMap
metadata: {generateName: many-}
data: {a: "1", a: "2"}
X

kubectl -n diff-a create --validate=ignore -f - <<X
apiVersion: v1
kind: ConfigMap
metadata: {name: extra}
dta: {a: "1"}
X

kubectl -n diff-a delete configmap colours missing

kubectl -n diff-a delete secret --all

kubectl delete namespace diff-a --wait=true

kubectl get namespace diff-a
