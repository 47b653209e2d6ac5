import type { StageInput } from './activities.js';

/** The verbs of `action`. */
export interface ActionActivities {
  /** Whether the service has it, and what has to be done before; BadInput names what there is. */
  describeAction(input: NamedAction): Promise<DescribedAction>;
  /** Runs it as a named job; what it writes stays on the host. */
  runAction(input: RunActionInput): Promise<ActionOutput>;
  /** What the client put on the host for it goes. */
  dropActionInput(input: StageInput): Promise<void>;
}

export interface NamedAction extends StageInput {
  service: string;
  action: string;
}

export interface DescribedAction {
  charm: string;
  /** The hooks of the service run first. */
  hooks: boolean;
  /** What is lost when it goes well: only with consent. */
  replaces?: string;
}

export interface RunActionInput extends NamedAction {
  args: string[];
  /** `stream`, or a path. */
  input?: string;
  output?: string;
}

export interface ActionOutput {
  path: string;
  bytes: number;
  sha256: string;
}
