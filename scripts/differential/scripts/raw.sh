curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '{"kind":"ConfigMap"' -w '\n%{http_code} %{content_type}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '[]' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: text/csv' -d 'a,b' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":7}}' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":".."}}' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a/b"}}' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/nowhere/configmaps" -H 'content-type: application/json' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"other"}}' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kept","labels":{"a":"b"}},"data":{"k":"v"}}' -o /dev/null -w '%{http_code}\n'

curl --path-as-is "$SERVER/api/v1/namespaces/default/../default/configmaps/kept" -w '\n%{http_code}\n'

curl --path-as-is "$SERVER//api/v1/namespaces/default/configmaps/kept" -o /dev/null -w '%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps/%2e%2e" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps/a%2Fb" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps/kept/status" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/nothings" -w '\n%{http_code}\n'

curl "$SERVER/apis/none.example.com/v1" -w '\n%{http_code}\n'

curl "$SERVER/api/v2" -w '\n%{http_code}\n'

curl "$SERVER/nowhere" -w '\n%{http_code}\n'

curl -X PUT "$SERVER/api/v1/namespaces/default/configmaps" -d '{}' -w '\n%{http_code}\n'

curl -X POST "$SERVER/api/v1/namespaces/default/configmaps/kept" -d '{}' -w '\n%{http_code}\n'

curl -X TRACE "$SERVER/api/v1/namespaces/default/configmaps/kept" -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/json' -d '{}' -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/json-patch+json' -d '{"op":"add"}' -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/json-patch+json' -d '[{"op":"test","path":"/data/k","value":"w"}]' -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/merge-patch+json' -d '{"metadata":{"name":"other"}}' -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/merge-patch+json' -d '{"metadata":{"resourceVersion":"1"},"data":{"k":"w"}}' -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/apply-patch+yaml' -d '{"apiVersion":"v1","kind":"ConfigMap"}' -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept?fieldManager=m&dryRun=Some" -H 'content-type: application/apply-patch+yaml' -d '{"apiVersion":"v1","kind":"ConfigMap"}' -w '\n%{http_code}\n'

curl -X PATCH "$SERVER/api/v1/namespaces/default/configmaps/kept?fieldValidation=Maybe" -H 'content-type: application/merge-patch+json' -d '{}' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps?limit=x" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps?continue=x" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps?resourceVersion=abc" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps?labelSelector=a%20b" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps?fieldSelector=data.k%3Dv" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=abc" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'accept: text/html' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'accept: application/json;as=Table;v=v1;g=meta.k8s.io' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'accept: application/yaml' -w '\n%{http_code} %{content_type}\n'

curl -X DELETE "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/json' -d '{"preconditions":{"uid":"11111111-1111-1111-1111-111111111111"}}' -w '\n%{http_code}\n'

curl -X DELETE "$SERVER/api/v1/namespaces/default/configmaps/kept" -H 'content-type: application/json' -d '{"propagationPolicy":"Sideways"}' -w '\n%{http_code}\n'

curl -X DELETE "$SERVER/api/v1/namespaces/default/configmaps/kept?gracePeriodSeconds=x" -w '\n%{http_code}\n'

curl -X DELETE "$SERVER/api/v1/namespaces/default/configmaps/kept" -w '\n%{http_code}\n'

curl -X DELETE "$SERVER/api/v1/namespaces/default/configmaps/kept" -w '\n%{http_code}\n'

head -c 4000000 /dev/zero | tr '\0' 'a' > big; curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' --data-binary @big -w '\n%{http_code}\n'

python3 -c "print('{\"a\":'*20000+'1'+'}'*20000)" > deep; curl "$SERVER/api/v1/namespaces/default/configmaps" -H 'content-type: application/json' --data-binary @deep -w '\n%{http_code}\n'

curl -H 'authorization: Bearer a.b.c' --cert '' "$SERVER/api/v1/namespaces" -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces" -H 'impersonate-user: nobody' -w '\n%{http_code}\n'

curl "$SERVER/api/v1/namespaces" -H 'impersonate-group: nobody' -w '\n%{http_code}\n'
