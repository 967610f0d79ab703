/** What a turn of the reconciler has to say about itself, filled in as it goes; what is known by the end is told. */
export type RotationReport = {
  /** The metric label: empty until the provider is asked. */
  provider: string;
  /** Whether the provider returned other versions than the status held. */
  isRotated: boolean;
  /** The metric label of a failure at the point that was reached. */
  errorType: string;
};

export function newRotationReport(): RotationReport {
  return { provider: "", isRotated: false, errorType: "FailedToRotate" };
}
