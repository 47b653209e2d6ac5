import { BadInput } from '../workflows/contract/bad-input.js';
import { parseImageReference } from '../workflows/contract/names.js';
import type { ImagesInput, StageInput, StageResult, StagedImages } from './activities.js';
import { dockerOf } from './adapters/docker/dockerode.js';
import type { CharmRepository } from './charm-repositories.js';
import type { StageContext } from './converge.js';
import { planOf, servicesLook } from './host-services.js';
import { succeeding } from './service-jobs.js';
import { stageFolder } from './stage.js';

/**
 * What the compose.yml of a recovery's stage will need of registries, before it is in its place. It is not verified yet, so nothing
 * but names is taken from it; one that cannot be read is told again, and better, by the plan of its services.
 */
export async function planStagedImages(
  { remote, signal }: StageContext,
  input: StageInput,
  repositories: readonly CharmRepository[],
): Promise<StagedImages> {
  const folder = `${stageFolder(input)}/stage/opt/apps/myc-deploy`;
  const [text] = (await servicesLook(remote, 'staged', signal, folder)).get('compose') ?? [];
  if (text === undefined) return { images: [] };
  try {
    const { images } = planOf({ text, where: `${input.host}:${folder}/compose.yml` }, repositories);
    const docker = dockerOf(remote);
    const present = await Promise.all(images.pull.map((image) => docker.hasImage(image)));
    return { images: images.pull.filter((_, index) => !present[index]).map(parseImageReference) };
  } catch (error) {
    if (isFinal(error)) return { images: [] };
    throw error;
  }
}

export async function pullImage(context: StageContext, input: ImagesInput): Promise<StageResult> {
  const image = parseImageReference(input.image);
  const { result } = await succeeding(context, input, {
    subject: image,
    script: 'image',
    libraries: ['images'],
    args: ['pull', image],
    exclusive: false,
  });
  if (result === '') return { changed: [], summary: '' };
  const summary = `pulled ${image}`;
  return { changed: [summary], summary };
}

/** Of what stands in compose.yml; a Docker that does not answer is another matter. */
const isFinal = (error: unknown): boolean =>
  error instanceof BadInput || (error as { type?: unknown }).type === 'BadInput';
