kubectl create namespace diff-d; sleep 1

kubectl -n diff-d run web --image=busybox:1 --port=80 --labels=app=web --env=A=1 -o yaml

kubectl -n diff-d get pods

kubectl -n diff-d get pods -o wide

kubectl -n diff-d patch pod web -p '{"spec":{"terminationGracePeriodSeconds":5}}' 2>&1 | head -2

kubectl -n diff-d patch pod web --type=json -p '[{"op":"replace","path":"/spec/containers/0/image","value":"busybox:2"}]'

kubectl -n diff-d run Web --image=busybox

kubectl -n diff-d run none --image=busybox --overrides='{"spec":{"serviceAccountName":"missing"}}'

kubectl -n diff-d create -f - <<X
apiVersion: v1
kind: Pod
metadata: {name: wrong}
spec:
  restartPolicy: Sometimes
  containers:
  - {name: a, image: "", ports: [{containerPort: 0}], volumeMounts: [{name: v, mountPath: /v}]}
  - {name: a, image: b, imagePullPolicy: Never, env: [{name: "1 a", value: x}]}
X

kubectl -n diff-d create -f - <<X
apiVersion: v1
kind: Pod
metadata: {name: csi}
spec:
  containers: [{name: a, image: b, volumeMounts: [{name: s, mountPath: /s, readOnly: true}]}]
  volumes: [{name: s, csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: c}}}]
X

kubectl -n diff-d expose pod web --port=80 --target-port=8080 --name=front

kubectl -n diff-d get service front -o jsonpath='{.spec.ports} {.spec.selector} {.spec.type}'

kubectl -n diff-d create serviceaccount robot

kubectl -n diff-d create role reader --verb=get,list --resource=pods,configmaps --resource-name=web

kubectl -n diff-d create rolebinding reads --role=reader --serviceaccount=diff-d:robot

kubectl -n diff-d auth can-i get pods/web --as=system:serviceaccount:diff-d:robot

kubectl -n diff-d auth can-i delete pods --as=system:serviceaccount:diff-d:robot

kubectl -n diff-d auth can-i --list --as=system:serviceaccount:diff-d:robot

kubectl -n diff-d get pod web --as=system:serviceaccount:diff-d:robot -o name

kubectl -n diff-d get secrets --as=system:serviceaccount:diff-d:robot

kubectl -n diff-d create rolebinding bad --role=reader --clusterrole=view --user=x

kubectl -n diff-d patch rolebinding reads --type=merge -p '{"roleRef":{"name":"other"}}'

kubectl -n diff-d create token robot --duration=60s

kubectl -n diff-d create token nobody

kubectl -n diff-d create deployment app --image=busybox --replicas=2; sleep 2; kubectl -n diff-d get deployments,replicasets

kubectl -n diff-d set env deployment/app MODE=fast; sleep 1; kubectl -n diff-d rollout history deployment/app

kubectl -n diff-d rollout undo deployment/app --to-revision=9

kubectl -n diff-d autoscale deployment app --min=3 --max=2

kubectl -n diff-d create job once --image=busybox -- true

kubectl -n diff-d create cronjob often --image=busybox --schedule='61 * * * *' -- true

kubectl -n diff-d create quota most --hard=pods=4,secrets=-1

kubectl -n diff-d create poddisruptionbudget some --selector=app=web --min-available=1 --max-unavailable=1

kubectl -n diff-d delete pod web --grace-period=0 --force

kubectl api-resources --api-group=apps

kubectl -n diff-d get all

kubectl delete namespace diff-d --wait=false

kubectl -n diff-d create configmap late
