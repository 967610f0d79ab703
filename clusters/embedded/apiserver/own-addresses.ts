/** The address of the Service `kubernetes`: the first of kubeadm's service network. */
export const KUBERNETES_SERVICE_IP = "10.96.0.1";
/** What the Endpoints of that Service name: the address of a machine beside the nodes. */
export const API_SERVER_ADDRESS = "172.18.0.1";
