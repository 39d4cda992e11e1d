import type { Actor } from '../actor.ts'
import type { AttackClass, Played, Stage } from './stage.ts'

const login = 'accounts POST /login'

function attempt(stage: Stage, email: string, right: boolean): Played {
  const { random } = stage
  const password = `${random.pick(['Sommer', 'Hamburg', 'Passwort', 'Schalke04', 'qwertz'])}${random.between(1_000, 99_999)}!`
  return {
    bend: {
      body: usual => ({
        ...(usual as object),
        email,
        password: right ? (usual as { password: string }).password : `${password}xx`,
      }),
      ...(right ? {} : { status: 401 }),
    },
  }
}

function run(
  stage: Stage,
  words: { readonly count: number; readonly gapMs: number; readonly addresses: number },
  one: (actor: Actor, n: number) => readonly [operation: string, sending: Played],
): void {
  let timeMs = stage.begin(words.count * words.gapMs * 1.4)
  const actors = Array.from({ length: words.addresses }, () => stage.actor(timeMs, { kind: 'nobody', proof: 'none' }))
  for (let n = 0; n < words.count; n++) {
    timeMs += Math.max(20, Math.floor(stage.random.around(words.gapMs, 0.3)))
    const actor = actors[n % actors.length] as Actor
    stage.send(timeMs, actor, ...one(actor, n))
  }
}

const success = { dev: [1, 3], acceptance: [0, 4] } as const

/** Pairs of a leaked list, from somebody of the bed or, mostly, of nobody. */
function pairs(stage: Stage): () => readonly [string, Played] {
  const share = stage.between(success) / 100
  return () => {
    const person = stage.random.chance(0.3) ? stage.somebody() : stage.stranger()
    return [login, attempt(stage, person.email, stage.random.chance(share))]
  }
}

/** Passwords of others: a list of pairs, or one account and many passwords. */
export const credentialStuffing: AttackClass = {
  name: 'credential-stuffing',
  variants: {
    // Faster than the limit of the route: some are turned away by the gateway.
    fast(stage) {
      run(
        stage,
        {
          count: stage.between({ dev: [120, 200], acceptance: [90, 300] }),
          gapMs: stage.between({ dev: [300, 900], acceptance: [200, 1_500] }),
          addresses: 1,
        },
        pairs(stage),
      )
    },
    slow(stage) {
      run(
        stage,
        {
          count: stage.between({ dev: [50, 80], acceptance: [40, 100] }),
          gapMs: stage.between({ dev: [60_000, 150_000], acceptance: [60_000, 240_000] }),
          addresses: 1,
        },
        pairs(stage),
      )
    },
    spread(stage) {
      run(
        stage,
        {
          count: stage.between({ dev: [200, 300], acceptance: [150, 350] }),
          gapMs: stage.between({ dev: [2_000, 6_000], acceptance: [1_500, 12_000] }),
          addresses: stage.between({ dev: [40, 80], acceptance: [30, 120] }),
        },
        pairs(stage),
      )
    },
    guessing(stage) {
      const { email } = stage.somebody()
      run(
        stage,
        {
          count: stage.between({ dev: [30, 60], acceptance: [20, 90] }),
          gapMs: stage.between({ dev: [1_500, 5_000], acceptance: [1_200, 12_000] }),
          addresses: 1,
        },
        () => [login, attempt(stage, email, false)],
      )
    },
    'otp-guessing'(stage) {
      const { email } = stage.somebody()
      run(
        stage,
        {
          count: stage.between({ dev: [60, 120], acceptance: [40, 160] }),
          gapMs: stage.between({ dev: [200, 900], acceptance: [150, 2_500] }),
          addresses: 1,
        },
        () => ['accounts POST /login/otp', { bend: { body: usual => ({ ...(usual as object), email }), status: 401 } }],
      )
    },
  },
}
