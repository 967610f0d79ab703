kubectl apply -f - <<X
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.diff.example.com}
spec:
  group: diff.example.com
  scope: Namespaced
  names: {plural: lamps, kind: Lamp, shortNames: [lmp], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.count, statusReplicasPath: .status.count}}
    additionalPrinterColumns: [{name: Watts, type: integer, jsonPath: .spec.watts}]
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [watts]
            properties:
              watts: {type: integer, minimum: 1, maximum: 100}
              count: {type: integer, default: 1}
              colour: {type: string, enum: [warm, cold]}
              socket: {type: string, pattern: '^E[0-9]+$', maxLength: 4}
              fixed:
                type: string
                x-kubernetes-validations: [{rule: self == oldSelf, message: stays}]
              rooms: {type: array, maxItems: 2, x-kubernetes-list-type: set, items: {type: string}}
            x-kubernetes-validations:
            - {rule: "!has(self.colour) || self.colour != 'cold' || self.watts < 50", messageExpression: "'cold lamps ' + 'are too bright'"}
            - {rule: "self.watts != 13", reason: FieldValueForbidden, fieldPath: .watts}
          status: {type: object, properties: {count: {type: integer}}}
X

kubectl wait --for=condition=Established crd/lamps.diff.example.com --timeout=20s

sleep 2; kubectl create namespace diff-c

kubectl -n diff-c create -f - <<X
{apiVersion: diff.example.com/v1, kind: Lamp, metadata: {name: desk}, spec: {watts: 40, fixed: a, rooms: [hall]}}
X

kubectl -n diff-c get lmp

kubectl -n diff-c get lamp desk -o yaml

kubectl -n diff-c create -f - <<X
{apiVersion: diff.example.com/v1, kind: Lamp, metadata: {name: bad}, spec: {watts: 200, colour: blue, socket: e27, rooms: [a, a, b]}}
X

kubectl -n diff-c create -f - <<X
{apiVersion: diff.example.com/v1, kind: Lamp, metadata: {name: bad}, spec: {watts: 13, colour: cold}}
X

kubectl -n diff-c create -f - <<X
{apiVersion: diff.example.com/v1, kind: Lamp, metadata: {name: bad}, spec: {watts: 60, colour: cold}}
X

kubectl -n diff-c create -f - <<X
{apiVersion: diff.example.com/v1, kind: Lamp, metadata: {name: bad}, spec: {watts: "60"}}
X

kubectl -n diff-c create -f - <<X
{apiVersion: diff.example.com/v1, kind: Lamp, metadata: {name: bad}}
X

kubectl -n diff-c create -f - <<X
{apiVersion: diff.example.com/v1, kind: Lamp, metadata: {name: bad}, spec: {watts: 1, wats: 2}}
X

kubectl -n diff-c patch lamp desk --type=merge -p '{"spec":{"fixed":"b"}}'

kubectl -n diff-c patch lamp desk --type=strategic -p '{"spec":{"watts":41}}'

kubectl -n diff-c patch lamp desk --type=merge --subresource=status -p '{"status":{"count":3},"spec":{"watts":1}}' -o yaml

kubectl -n diff-c scale lamp desk --replicas=4

kubectl -n diff-c explain lamp.spec.watts

kubectl apply -f - <<X
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: wrong.diff.example.com}
spec:
  group: diff.example.com
  scope: Namespaced
  names: {plural: wrong, kind: Wrong}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {a: {type: integer}, list: {type: array, items: {type: string, x-kubernetes-validations: [{rule: self == oldSelf}]}}}
            x-kubernetes-validations: [{rule: self.b > 1}, {rule: self.a}, {rule: self.a > 'x'}, {rule: self.a >}, {rule: missing(self)}, {rule: self.a > 0, reason: Why}, {rule: self.a > 0, messageExpression: self.a}, {rule: self.a > 0, fieldPath: .zz}]
X

kubectl apply -f - <<X
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: loose.diff.example.com}
spec:
  group: diff.example.com
  scope: Namespaced
  names: {plural: loose, kind: Loose}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {properties: {a: {}, b: {type: array}}}}}}
X

kubectl delete crd lamps.diff.example.com

kubectl delete namespace diff-c
