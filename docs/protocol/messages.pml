/* Messages between partitions: two orders over the stock of three partitions, writers that crash between append and
 * send, and a network that delays, loses and doubles. README.md tells how to read this, check.sh runs it.
 *
 * That a partition decides each of its commands once and in their order is what journal.pml shows; here it is one step.
 *   Order 0 lives in partition 0 and needs a unit there, two of partition 1, and one of partition 2.
 *   Order 1 lives in partition 1 and needs a unit there and one of partition 0: it crosses order 0.
 * An order takes what its home has, asks the other partitions (hold), hears from each (yes or no), and then is sold
 * everywhere, or released wherever something was held for it.
 *
 * Weaker protocols:
 *   -DNO_MEMORY         a receiver does not look whether it has taken a message before
 *   -DTWO_IN_FLIGHT     the next message to a partition is sent before the last one was acknowledged
 *   -DSENT_TOO_EARLY    `sent` states what was sent, acknowledged or not
 *   -DMESSAGE_PER_LINE  the two units of partition 1 are asked for by two messages of one command
 * and one that weakens nothing:
 *   -DWITNESS           claims that no run sells both orders, so that check.sh sees that some do
 */

#ifndef PARTITIONS
#define PARTITIONS 3
#endif
#ifndef ORDERS
#define ORDERS 2
#endif
#ifndef FAULTS
#define FAULTS 2 /* answers that do not come in time, and messages that arrive twice */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define COMMANDS 11 /* room in a commands topic; it is checked that it suffices */
#define CLIENT PARTITIONS

#define home(o) (o)
#define needs(o, p) ((o == 0) + (o == 0 && p == 1) + (o == 1 && p != 2)) /* units */
#if PARTITIONS == 3
#define others(o) ((o == 0) * 6 + (o == 1) * 1) /* the other partitions, as a set: 1 and 2, or 0 */
#else
#define others(o) ((o == 0) * 2 + (o == 1) * 1)
#endif

/* How many units a message asks for. */
#ifdef MESSAGE_PER_LINE
#define asks(o, p) 1
#define lines(p, q) needs(part[p].messages[part[p].next[q]].order, q)
#else
#define asks(o, p) needs(o, p)
#endif

/* Whether a message was taken before: the receiver remembers the highest command of each source. */
#ifdef NO_MEMORY
#define isRepeat(p, source, c) false
#else
#define isRepeat(p, source, c) (c < part[p].highest[source])
#endif

/* Below which command all messages for q were acknowledged, or are taken to be. */
#ifdef SENT_TOO_EARLY
#define early true
#else
#define early false
#endif
#define acknowledged(p, q) (part[p].next[q] + part[p].tried[q])

#define pending(p, q) (part[p].next[q] < part[p].decided)

mtype = { place, hold, yes, no, sell, release };
mtype = { reserving, accepted, refused };
mtype = { held, sold, released };

/* A client's command, or a message: it states its source, which is a partition and a command there. */
typedef Command { mtype kind; byte order; byte from; byte at };
/* What the events of a decided command tell other partitions: one message to each partition of the set `to`. */
typedef Messages { mtype kind; byte order; byte to };

typedef Partition {
  /* The commands topic. */
  Command command[COMMANDS];
  byte commands;
  /* What the journal says; a crash takes nothing of it. */
  byte decided;
  Messages messages[COMMANDS];
  byte sent;                /* all messages of the commands below this were acknowledged */
  byte highest[PARTITIONS]; /* per source: 1 + the highest command of which a message was taken */
  byte free;                /* units that are neither held nor sold */
  /* The writer's memory. */
  byte next[PARTITIONS]; /* per target: the first command whose message is not acknowledged, or `decided` */
  byte lines[PARTITIONS]; /* for MESSAGE_PER_LINE: lines of the message at hand that were acknowledged */
  bool tried[PARTITIONS]; /* for SENT_TOO_EARLY: whether the message at hand was sent */
  /* The network, per target: 1 + the command of a message that is under way, and for whose answer nobody waits. */
  byte late[PARTITIONS]
};

/* An order as its home knows it; `open` and `granted` are sets of partitions. */
typedef Order { mtype status; byte open; byte granted; bool lacking };
/* Units of a partition for an order, as that partition knows them. */
typedef Hold { mtype status; byte units };
typedef Holds { Hold at[PARTITIONS] };

Partition part[PARTITIONS];
Order orders[ORDERS];
Holds holds[ORDERS];
byte faults;
byte crashes;

/* Takes n units of partition p for order o, or none. */
inline take(n) {
  ok = (part[p].free >= n);
  if
  :: ok && holds[o].at[p].status != 0 -> printf("!!! partition %d takes the hold of order %d again\n", p, o)
  :: else
  fi;
  assert(!ok || holds[o].at[p].status == 0); /* a hold is taken once */
  if
  :: ok ->
     part[p].free = part[p].free - n;
     holds[o].at[p].status = held;
     holds[o].at[p].units = n
  :: else
  fi
}

/* Ends a hold: its units are sold, or free again. */
inline settle(how) {
  assert(holds[o].at[p].status == held); /* a hold is settled once */
  holds[o].at[p].status = how;
  if
  :: how == released -> part[p].free = part[p].free + holds[o].at[p].units
  :: else
  fi
}

/* The events of command c cause one message to each partition of a set. */
inline tell(message, set) {
  part[p].messages[c].to = set;
  if
  :: part[p].messages[c].to != 0 -> part[p].messages[c].kind = message; part[p].messages[c].order = o
  :: else
  fi
}

/* A command arrives in the commands topic of a partition. */
inline put(target, said, whose, sender, cause) {
  assert(part[target].commands < COMMANDS); /* the model has room enough */
  part[target].command[part[target].commands].kind = said;
  part[target].command[part[target].commands].order = whose;
  part[target].command[part[target].commands].from = sender;
  part[target].command[part[target].commands].at = cause;
  part[target].commands++
}

/* Passes over commands that have no message for q. */
inline advance() {
  do
  :: part[p].next[q] < part[p].decided && (part[p].messages[part[p].next[q]].to & (1 << q)) == 0 -> part[p].next[q]++
  :: else -> break
  od
}

/* The message for q is acknowledged, or taken to be: on to the next one. */
inline acknowledge() {
  part[p].tried[q] = false;
#ifdef MESSAGE_PER_LINE
  if
  :: part[p].messages[part[p].next[q]].kind == hold && part[p].lines[q] + 1 < lines(p, q) -> part[p].lines[q]++
  :: else -> part[p].lines[q] = 0; part[p].next[q]++
  fi;
#else
  part[p].next[q]++;
#endif
  advance()
}

/* The message that command m caused for q reaches it. */
inline land(m) {
  c = m;
  printf("network:     brings %e of order %d", part[p].messages[c].kind, part[p].messages[c].order);
  printf(" to partition %d, from command %d of partition %d\n", q, c, p);
  put(q, part[p].messages[c].kind, part[p].messages[c].order, p, c);
  c = 0
}

/* One partition: its commands one by one, and a crash at any moment. */
proctype Writer(byte p) {
  byte q, c, o, at, from;
  mtype what;
  bool ok;
end:
  do
  :: d_step {
       part[p].decided < part[p].commands ->
       c = part[p].decided;
       what = part[p].command[c].kind;
       o = part[p].command[c].order;
       from = part[p].command[c].from;
       at = part[p].command[c].at;
       /* Every append states up to where all messages were acknowledged. */
       part[p].sent = c * (crashes < CRASHES); /* of use only where a crash may come yet */
       do
       :: q < PARTITIONS && acknowledged(p, q) < part[p].sent -> part[p].sent = acknowledged(p, q)
       :: q < PARTITIONS && acknowledged(p, q) >= part[p].sent -> q++
       :: else -> break
       od;
       if
       :: what == place ->
          take(needs(o, p));
          if
          :: ok ->
             printf("partition %d: places order %d, holds its own part\n", p, o);
             orders[o].status = reserving;
             orders[o].open = others(o);
             tell(hold, others(o))
          :: else ->
             printf("partition %d: refuses order %d\n", p, o);
             orders[o].status = refused
          fi
       :: what != place && isRepeat(p, from, at) ->
          printf("partition %d: has taken this before: %e of order %d\n", p, what, o)
       :: what == hold && !isRepeat(p, from, at) ->
          take(asks(o, p));
          if
          :: ok -> printf("partition %d: holds %d for order %d\n", p, asks(o, p), o); tell(yes, 1 << from)
          :: else -> printf("partition %d: has too few for order %d\n", p, o); tell(no, 1 << from)
          fi
       :: (what == yes || what == no) && !isRepeat(p, from, at) ->
          if
          :: (orders[o].open & (1 << from)) != 0
          :: else ->
             printf("!!! partition %d takes an answer of partition %d that it does not wait for\n", p, from);
             assert(false) /* whoever was asked answers once */
          fi;
          orders[o].open = orders[o].open - (1 << from);
          if
          :: what == yes -> orders[o].granted = orders[o].granted + (1 << from)
          :: else -> orders[o].lacking = true
          fi;
          if
          :: orders[o].open != 0
          :: orders[o].open == 0 && !orders[o].lacking ->
             printf("partition %d: accepts order %d\n", p, o);
             orders[o].status = accepted;
             settle(sold);
             tell(sell, orders[o].granted);
             q = 0;
             do
             :: q < PARTITIONS ->
                if
                :: holds[o].at[q].units == needs(o, q)
                :: else ->
                   printf("!!! partition %d holds %d for order %d", q, holds[o].at[q].units, o);
                   printf(", which needs %d\n", needs(o, q));
                   assert(false) /* an accepted order holds all that it needs */
                fi;
                q++
             :: else -> break
             od
          :: orders[o].open == 0 && orders[o].lacking ->
             printf("partition %d: refuses order %d, releases what it holds\n", p, o);
             orders[o].status = refused;
             settle(released);
             tell(release, orders[o].granted)
          fi
       :: what == sell && !isRepeat(p, from, at) ->
          printf("partition %d: sells to order %d\n", p, o);
          settle(sold)
       :: what == release && !isRepeat(p, from, at) ->
          printf("partition %d: releases what order %d held\n", p, o);
          settle(released)
       fi;
       if
       :: what != place && !isRepeat(p, from, at) -> part[p].highest[from] = at + 1
       :: else
       fi;
       part[p].decided++;
       q = 0;
       do
       :: q < PARTITIONS -> advance(); q++
       :: else -> break
       od;
       /* Nobody reads a decided command again. */
       part[p].command[c].kind = 0;
       part[p].command[c].order = 0;
       part[p].command[c].from = 0;
       part[p].command[c].at = 0;
       c = 0;
       o = 0;
       q = 0;
       at = 0;
       from = 0;
       what = 0;
       ok = false
     }
  :: d_step {
       crashes < CRASHES ->
       crashes++;
       printf("partition %d: crashes; its journal says that messages are sent below command %d\n", p, part[p].sent);
       do
       :: q < PARTITIONS ->
          part[p].next[q] = part[p].sent;
          part[p].lines[q] = 0;
          part[p].tried[q] = false;
          advance();
          q++
       :: else -> break
       od;
       q = 0
     }
  od
}

/* The messages of partition p for partition q: the same one is sent until it is acknowledged. */
proctype Link(byte p; byte q) {
  byte c;
end:
  do
  :: d_step {
       pending(p, q) ->
       land(part[p].next[q]);
       printf("partition %d: hears that it arrived\n", p);
       acknowledge();
       c = 0
     }
  :: d_step {
       pending(p, q) && faults < FAULTS ->
       faults++;
       land(part[p].next[q]);
       printf("partition %d: does not hear that it arrived\n", p);
       part[p].tried[q] = early
     }
  :: d_step {
       pending(p, q) && faults < FAULTS ->
       faults++;
       printf("network:     loses what command %d of partition %d has for partition %d\n", part[p].next[q], p, q);
       part[p].tried[q] = early
     }
  :: d_step {
       pending(p, q) && faults < FAULTS && part[p].late[q] == 0 ->
       faults++;
       printf("network:     is slow with what command %d of partition %d has for partition %d\n", part[p].next[q], p, q);
       part[p].late[q] = part[p].next[q] + 1;
#ifdef TWO_IN_FLIGHT
       acknowledge();
#endif
       part[p].tried[q] = early
     }
  :: d_step { part[p].late[q] != 0 -> land(part[p].late[q] - 1); part[p].late[q] = 0 }
  od
}

proctype Client(byte o) {
  d_step {
    printf("client:      places order %d in partition %d\n", o, home(o));
    put(home(o), place, o, CLIENT, 0)
  }
}

init {
  byte o, q;
  atomic {
    /* Enough for both orders, or for one, or for none. */
    if
    :: part[0].free = 1
    :: part[0].free = 2
    fi;
    if
    :: part[1].free = 2
    :: part[1].free = 3
    fi;
    run Writer(0);
    run Writer(1);
    run Link(0, 1);
    run Link(1, 0);
    run Client(0);
#if ORDERS == 2
    run Client(1);
#endif
#if PARTITIONS == 3
    if
    :: part[2].free = 0
    :: part[2].free = 1
    fi;
    run Writer(2);
    run Link(0, 2);
    run Link(2, 0);
#endif
    printf("stock:       %d and %d units, %d in partition 2\n", part[0].free, part[1].free, part[PARTITIONS - 1].free)
  };
  /* Sooner or later nobody crashes any more; */
  crashes = CRASHES;
  /* when there is nothing left to do then, everything has to be settled. */
  timeout;
  d_step {
    printf("all:         at rest\n");
    do
    :: o < ORDERS && q < PARTITIONS ->
       if
       :: orders[o].status == reserving && q == 0 -> printf("!!! order %d waits for ever\n", o)
       :: holds[o].at[q].status == held && orders[o].status != reserving ->
          printf("!!! partition %d holds for order %d for ever\n", q, o)
       :: else
       fi;
       assert(orders[o].status == accepted || orders[o].status == refused);
       assert(holds[o].at[q].status != held);
       assert((holds[o].at[q].status == sold) == (orders[o].status == accepted && needs(o, q) > 0));
       q++
    :: o < ORDERS && q == PARTITIONS -> q = 0; o++
    :: else -> break
    od;
#ifdef WITNESS
    assert(!(orders[0].status == accepted && orders[ORDERS - 1].status == accepted));
#endif
    o = 0
  }
}
