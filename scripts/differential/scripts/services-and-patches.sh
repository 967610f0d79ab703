kubectl create namespace diff-e

kubectl -n diff-e create -f - <<X
{apiVersion: v1, kind: Service, metadata: {name: out}, spec: {type: ExternalName, externalName: a.b, ports: [{port: 80}]}}
X

kubectl -n diff-e get service out -o jsonpath='{.spec}'

kubectl -n diff-e create -f - <<X
{apiVersion: v1, kind: Service, metadata: {name: node}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}}
X

kubectl -n diff-e patch service node -p '{"spec":{"type":"ClusterIP"}}'

kubectl -n diff-e get service node -o jsonpath='{.spec.type} {.spec.ports}'

kubectl -n diff-e patch service node -p '{"spec":{"ports":[{"port":80,"nodePort":30081}]}}'

kubectl -n diff-e patch service node -p '{"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30082}]}}'

kubectl -n diff-e patch service node -p '{"spec":{"type":"ClusterIP","ports":[{"port":80,"nodePort":30083}]}}'

kubectl -n diff-e patch service node -p '{"spec":{"type":"ExternalName","externalName":"x.y"}}'

kubectl -n diff-e get service node -o jsonpath='{.spec}'

kubectl -n diff-e patch service node -p '{"spec":{"type":"ClusterIP"}}'

kubectl -n diff-e get service node -o jsonpath='{.spec.type} {.spec.externalName} {.spec.ports} {.spec.ipFamilies}'

kubectl -n diff-e create configmap m --from-literal=k=v

kubectl -n diff-e patch configmap m -p '{"data":{"__proto__":"v"}}'

kubectl -n diff-e get configmap m -o jsonpath='{.data}'

kubectl -n diff-e patch configmap m --type merge -p '{"data":{"__proto__":"w","constructor":"c"}}'

kubectl -n diff-e get configmap m -o jsonpath='{.data}'

kubectl -n diff-e patch configmap m -p '{"data":{"constructor":null}}'

kubectl -n diff-e get configmap m -o jsonpath='{.data}'

kubectl -n diff-e get configmap -l '!constructor,!toString' -o name

kubectl -n diff-e get configmap -l 'constructor' -o name

kubectl -n diff-e get configmap -l 'constructor notin (a)' -o name

kubectl -n diff-e patch configmap m --type json -p 'null'

kubectl -n diff-e patch configmap m --type json -p '[]'

kubectl -n diff-e patch configmap m --type json -p '[null]'

kubectl -n diff-e patch configmap m --type json -p '[5]'

kubectl -n diff-e patch configmap m --type json -p '["a"]'

kubectl -n diff-e patch configmap m --type json -p '[[]]'

kubectl -n diff-e patch configmap m --type json -p '[{}]'

kubectl -n diff-e patch configmap m --type json -p '[{"path":"/data/k"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"remove"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"fly","path":"/data/k"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":5,"path":"/data/k"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"add","path":["/data/k"],"value":"x"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"copy","from":{},"path":"/data/l"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"copy","path":"/data/l"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"add","from":true,"path":"/data/l","value":"x"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"add","from":null,"path":"/data/l","value":"x"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"path":5,"op":5}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"add","path":"/data/l","value":"x","more":1,"Op":"y"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"add","path":"/data/l","value":"x","value":"y"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"add","path":"/data/n","value":"x","more":1},{"op":"add","path":"/more","value":{}}]'

kubectl -n diff-e get configmap m -o jsonpath='{.data}'

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '[5]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '{}' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '7' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '[{"op":5,"path":"/data/k"}]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '[{"op":"add","path":5,"value":"x"}]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '[{"op":"copy","from":5,"path":"/data/l"}]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '[{"op":"add","from":5,"path":"/data/o","value":"x"}]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '[{"op":"add","path":"/data/p","value":"x","more":1}]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '[{"op":"add","path":"/data/p","value":"x","value":"y"}]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '[{"op":"add","path":"/data/p","value":"x","more":1},{"op":"add","path":"/more","value":{}}]' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

kubectl -n diff-e get configmap m -o jsonpath='{.data}'

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/merge-patch+json' -d 'null' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/strategic-merge-patch+json' -d 'null' -o body -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body

kubectl -n diff-e create deployment d --image=a --dry-run=server -o name

kubectl -n diff-e create deployment d --image=a

curl -X PATCH "$SERVER/apis/apps/v1/namespaces/diff-e/deployments/d/scale?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '[{"op":"replace","path":"/spec/replicas","value":2,"more":1}]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/apis/apps/v1/namespaces/diff-e/deployments/d/scale?fieldValidation=Warn" -H 'content-type: application/json-patch+json' -d '[{"op":"replace","path":"/spec/replicas","value":2,"more":1}]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/json-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/merge-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/merge-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/merge-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/merge-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/merge-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/merge-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/strategic-merge-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/strategic-merge-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/strategic-merge-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/strategic-merge-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/strategic-merge-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Strict" -H 'content-type: application/strategic-merge-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/json-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/json-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/json-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/json-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/json-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/json-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/merge-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/merge-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/merge-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/merge-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/merge-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/merge-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/strategic-merge-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/strategic-merge-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/strategic-merge-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/strategic-merge-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/strategic-merge-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Warn" -H 'content-type: application/strategic-merge-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/json-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/merge-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/merge-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/merge-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/merge-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/merge-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/merge-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/strategic-merge-patch+json' -d '{"data":{"d":"1","d":"2"}}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/strategic-merge-patch+json' -d '[1' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/strategic-merge-patch+json' -d '' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/strategic-merge-patch+json' -d '"a"' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/strategic-merge-patch+json' -d '[]' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -X PATCH "$SERVER/api/v1/namespaces/diff-e/configmaps/m?fieldValidation=Ignore" -H 'content-type: application/strategic-merge-patch+json' -d '{"data":{"e":"1"},}' -o body -D head -w '%{http_code}\n'; grep -o '"message": *"[^}]*' body; grep -i warning head

curl -A curl/8 "$SERVER/api/v1/namespaces/diff-e/configmaps/m" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A curl/8 "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=true" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A curl/8 "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=false" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A curl/8 "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=2" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A x "$SERVER/api/v1/namespaces/diff-e/configmaps/m" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A x "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=true" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A x "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=false" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A x "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=2" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A Wget/1 "$SERVER/api/v1/namespaces/diff-e/configmaps/m" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A Wget/1 "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=true" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A Wget/1 "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=false" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A Wget/1 "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=2" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A 'Mozilla/5.0 (X11)' "$SERVER/api/v1/namespaces/diff-e/configmaps/m" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A 'Mozilla/5.0 (X11)' "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=true" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A 'Mozilla/5.0 (X11)' "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=false" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl -A 'Mozilla/5.0 (X11)' "$SERVER/api/v1/namespaces/diff-e/configmaps/m?pretty=2" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/version" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/api" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/apis" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/apis/apps/v1" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/openapi/v3" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/apis/apps" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/api/v1/namespaces/none" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

curl "$SERVER/nothing" -o body; head -c 5 body | od -c | head -1; tail -c 2 body | od -c | head -1

kubectl -n diff-e patch configmap m --type json -p '[{"op":"replace","path":"","value":null}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"replace","path":"","value":[]}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"replace","path":"","value":"x"}]'

kubectl -n diff-e patch configmap m --type json -p '[{"op":"add","path":"","value":{}}]'

kubectl delete namespace diff-e --wait=false
