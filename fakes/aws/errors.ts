/** A refusal in AWS's terms: a code, a message, a status. How it is written depends on the protocol of the request. */
export class AwsRefusal extends Error {
  override readonly name = "AwsRefusal";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function invalidParameter(message: string): AwsRefusal {
  return new AwsRefusal("InvalidParameterException", message);
}

export function validation(message: string): AwsRefusal {
  return new AwsRefusal("ValidationException", message);
}
