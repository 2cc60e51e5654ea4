'use strict';
// What a Weir monitor must do on the wire, in the order of docs/contract.md: the handshake of hashicorp/go-plugin, written by hand, then
// two gRPC services. A monitor of your own needs this file as it is, and something like tally.js.

const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const COOKIE = 'b6a2f0d49a0c4f3f8f0de2c1c8a7b5e1';
const PROTOCOL = 1;
const MAX_MESSAGE = 8 << 20; // received, either side
const MAX_CHUNK = 256 << 10; // state in one message
const MAX_OUTPUTS = 500; // in one frame, which may have 1 MiB

// The .proto files lie beside this file in a packed plugin, and in a checkout where they always are.
const protos = [path.join(__dirname, 'proto'), path.join(__dirname, '../../../proto')].find(fs.existsSync);
const types = loader.loadSync('weir/plugin/v1/plugin.proto', {
  includeDirs: [protos], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
});

/** Serves a monitor until the host ends it. See tally.js for what it is made of. */
function serve(monitor) {
  if (process.env.WEIR_MONITOR !== COOKIE) {
    console.error(`${monitor.name} ${monitor.version} is a Weir monitor: a host starts it. Put its path into weir.yaml, or run weir plugin test ${process.argv[1]}`);
    process.exit(1);
  }
  const offered = (process.env.PLUGIN_PROTOCOL_VERSIONS ?? `${PROTOCOL}`).split(',').map(Number);
  if (!offered.includes(PROTOCOL)) {
    console.error(`the host speaks protocol ${offered.join(', ')}, this monitor ${PROTOCOL}: install a version of it for that host`);
    process.exit(1);
  }
  console.log = console.error; // standard output belongs to the handshake
  process.on('SIGINT', () => {}); // Ctrl-C in a terminal reaches the host too, and that decides
  process.on('SIGTERM', () => process.exit(0));
  if (process.env.WEIR_LIVENESS === 'stdin') {
    process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();
  }

  const server = new grpc.Server({ 'grpc.max_receive_message_length': MAX_MESSAGE, 'grpc.max_send_message_length': MAX_MESSAGE });
  const session = new Session(monitor);
  server.addService(types['weir.plugin.v1.Control'], session.control());
  server.addService(types['weir.plugin.v1.Monitor'], { Run: (call) => session.run(call) });
  server.addService(health, { Check: (_, reply) => reply(null, 'SERVING') });
  const socket = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR, 'monitor.sock');
  server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error) {
      log('error', `listen on ${socket}: ${error.message}`);
      process.exit(1);
    }
    process.stdout.write(`1|${PROTOCOL}|unix|${socket}|grpc\n`);
  });
}

// Health as go-plugin asks for it. The answer is field 1 = SERVING, whatever the question.
const health = {
  Check: {
    path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false,
    requestSerialize: (b) => b, requestDeserialize: (b) => b, responseSerialize: () => Buffer.from([8, 1]), responseDeserialize: (b) => b,
  },
};

/** One life: Configure, Open, Restore, Run. Node handles one call at a time, so nothing here needs a lock. */
class Session {
  constructor(monitor) {
    this.monitor = monitor;
    this.through = '0';
    this.epoch = '0';
  }

  control() {
    const { monitor } = this;
    return {
      Describe: (_, reply) => reply(null, {
        name: monitor.name, version: monitor.version, sdk: `node ${process.version}, no SDK`, kinds: monitor.kinds, outputs: monitor.outputs,
        config_schema: schema(monitor.config), state_writes: 1, state_reads_min: 1, determinism: 'DETERMINISM_STRICT',
      }),
      Configure: ({ request }, reply) => {
        try {
          const config = settings(request.config, monitor.config);
          if (!request.validate_only) {
            this.config = config;
          }
          reply(null, {});
        } catch (error) {
          reply({ code: grpc.status.INVALID_ARGUMENT, details: error.message });
        }
      },
      Open: ({ request }, reply) => {
        this.life = monitor.create(this.config ?? settings('', monitor.config));
        this.epoch = request.epoch;
        this.through = request.resume_after;
        reply(null, {});
      },
      Restore: (call, reply) => {
        const chunks = [];
        call.on('data', (request) => chunks.push(request.data));
        call.on('end', () => {
          try {
            this.life.restore(Buffer.concat(chunks).toString());
            reply(null, {});
          } catch (error) {
            reply({ code: grpc.status.DATA_LOSS, details: `the state cannot be read: ${error.message}` });
          }
        });
      },
      Health: (_, reply) => reply(null, { through: this.through }),
      CollectMetrics: (_, reply) => reply(null, { text: '' }),
      Drain: (_, reply) => reply(null, { through: this.through }),
      Close: (_, reply) => reply(null, {}),
    };
  }

  run(call) {
    const send = (frame) => {
      if (!call.write({ epoch: this.epoch, ...frame })) {
        call.pause(); // the host reads slowly: take nothing more until it has
      }
    };
    call.on('drain', () => call.resume());
    call.on('error', () => {}); // the host is gone, or ends this life
    call.on('end', () => call.end());
    call.on('data', (frame) => {
      if (frame.epoch !== this.epoch) {
        call.emit('error', { code: grpc.status.FAILED_PRECONDITION, details: `a frame of epoch ${frame.epoch} in epoch ${this.epoch}` });
      } else if (frame.batch) {
        this.batch(frame.batch, send);
      } else if (frame.barrier) {
        this.save(frame.barrier.checkpoint, send);
      } else if (frame.gap) {
        // Records are lost for good. A monitor that cares notes it in its state.
        this.done(frame.gap.to_number, [], send);
      } // Durable, Retract and CutOver ask for nothing, and a frame that we do not know is of a newer host
    });
  }

  batch(batch, send) {
    let outputs = [];
    for (const envelope of batch.records) {
      const made = [];
      try {
        const record = types['weir.event.v1.Record'].deserialize(envelope.record);
        if (!this.monitor.kinds.includes(envelope.kind)) {
          continue;
        }
        const common = { cause: envelope.number, slot: record.slot, block_time: record.block_time, signature: record.signature };
        this.life.record(record, (kind, key, text, fields) => made.push({ ...common, index: made.length, kind, key, signal: { text, fields } }));
      } catch (error) {
        log('warn', `record ${envelope.number}: ${error.message}`);
        send({ error: { number: envelope.number, class: 'ERROR_CLASS_DATA', message: error.message } });
        continue; // with nothing of what it emitted
      }
      outputs.push(...made);
      if (outputs.length >= MAX_OUTPUTS) {
        send({ outputs: { outputs } });
        outputs = [];
      }
    }
    this.done(batch.last_number, outputs, send);
  }

  done(number, outputs, send) {
    this.through = number;
    send({ outputs: { outputs, through: number } });
  }

  save(checkpoint, send) {
    const state = Buffer.from(this.life.save());
    let at = 0;
    do {
      const last = at + MAX_CHUNK >= state.length;
      send({ state: { checkpoint, data: state.subarray(at, at + MAX_CHUNK), last, state_version: last ? 1 : 0, parts: last ? 1 : 0 } });
      at += MAX_CHUNK;
    } while (at < state.length);
  }
}

/** The configuration as JSON Schema, which the host shows to operators. */
function schema(keys) {
  return JSON.stringify({ type: 'object', properties: keys, additionalProperties: false });
}

/** Checks a configuration against its schema and fills the defaults in. Errors name the key. */
function settings(json, keys) {
  const given = json.length === 0 ? {} : JSON.parse(json.toString());
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new Error('the configuration is not a JSON object');
  }
  for (const [name, value] of Object.entries(given)) {
    const key = keys[name];
    if (!key) {
      throw new Error(`${name} is not known: use ${Object.keys(keys).join(', ')}`);
    }
    if (!Number.isSafeInteger(value) || value < key.minimum) {
      throw new Error(`${name} is ${JSON.stringify(value)}: use a whole number, at least ${key.minimum}`);
    }
  }
  return { ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.default])), ...given };
}

/** Writes a line that the host shows with its level. */
function log(level, message) {
  process.stderr.write(`${JSON.stringify({ '@level': level, '@message': message, '@timestamp': new Date().toISOString() })}\n`);
}

const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Prints a key as Solana does. */
function base58(bytes) {
  let text = '';
  for (let n = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`); n > 0n; n /= 58n) {
    text = DIGITS[Number(n % 58n)] + text;
  }
  const zeros = bytes.findIndex((b) => b !== 0);
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + text;
}

module.exports = { serve, base58, log };
