/* The journal of one partition: two writers that do not know of each other, a network that delays, loses and doubles,
 * and the rule which of their records count. README.md tells how to read this, check.sh runs it.
 *
 * Three orders ask for a seat each, and there are two seats. All that can happen to an append is here:
 *   - it lands at once, late, twice, or never, and its answer arrives or does not;
 *   - an append of the other writer lands before it, as long as it or not;
 *   - the two writers decide the same order differently, as two releases might.
 * A crash needs no line of its own: whoever forgets everything reads the journal, and so does whoever is in doubt.
 *
 * Weaker protocols, to see what the real one is good for:
 *   -DFIRST_WRITER_WINS    a record counts if it is the first for its order, wherever it lies
 *   -DEVERY_RECORD_COUNTS  every record counts
 *   -DTWO_IN_FLIGHT        a writer sends its next batch before it knows where the last one landed
 *   -DANSWER_EARLY         a writer answers its callers before it knows where the batch landed
 * and two that weaken nothing:
 *   -DRELEASES             the zombie refuses order 0, the successor does not; otherwise anybody may refuse anything
 *   -DWITNESS              claims that no run sells out, so that check.sh sees that some do
 */

#define ORDERS 3
#define SEATS 2
#define BATCH 2 /* orders that one append decides at most */
#ifndef APPENDS
#define APPENDS 3 /* by both writers together */
#endif
#ifndef DOUBLES
#define DOUBLES 1 /* appends that the network delivers twice */
#endif
#define RECORDS ((APPENDS + DOUBLES) * BATCH)

/* An outcome is the number of the seat that was sold, or: */
#define NONE 0
#define REFUSED (SEATS + 1)
/* Nobody asks what a void record says, so all of them are made to look alike: fewer states, the same runs. */
#define NOWHERE 255

/* Which records count. `next` is the first order that the counted records before this one leave undecided. */
#ifdef FIRST_WRITER_WINS
#define counts(offset, record, next) (record.order == next)
#else
#ifdef EVERY_RECORD_COUNTS
#define counts(offset, record, next) (true)
#else
#define counts(offset, record, next) (record.stated == offset)
#endif
#endif

#ifdef RELEASES
#define refuses(order) (who == zombie && order == 0)
#define sells(order) (!refuses(order))
#else
#define refuses(order) true
#define sells(order) true
#endif

#ifdef ANSWER_EARLY
#define early true
#else
#define early false
#endif

mtype = { zombie, successor };

typedef Record { byte stated; byte order; byte outcome };
typedef Append {
  byte copies; /* under way */
  byte stated; /* offset for which its first record is written */
  byte first;  /* the first order that it decides */
  byte n;
  byte outcome[BATCH];
  byte landed; /* 1 + the offset at which its first copy landed */
  bool awaited /* its writer still waits for the answer */
};

Record journal[RECORDS];
byte length;
Append net[APPENDS];
byte appends;
byte doubles;
byte underway;
bool gap; /* counted records are not dense: every reader stops there */

/* The judge reads the whole journal and hears every answer. No writer looks at what it knows. */
byte decided;
byte outcomeOf[ORDERS];
byte buyerOf[SEATS + 2]; /* order + 1 */
byte told[ORDERS]; /* answers that were given although nothing counts for them yet */

inline say(what) {
  if
  :: what == REFUSED -> printf("refused")
  :: else -> printf("seat %d", what)
  fi
}

inline judge() {
  if
  :: out != REFUSED && buyerOf[out] != 0 && buyerOf[out] != o + 1 ->
     printf("!!! seat %d is sold to order %d and to order %d\n", out, buyerOf[out] - 1, o)
  :: outcomeOf[o] != NONE -> printf("!!! order %d is decided twice\n", o)
  :: told[o] != NONE && told[o] != out -> printf("!!! the caller of order %d was told something else\n", o)
  :: else
  fi;
  assert(out == REFUSED || buyerOf[out] == 0 || buyerOf[out] == o + 1); /* a seat is sold once */
  assert(outcomeOf[o] == NONE);                                         /* an order is decided once, */
  gap = (o != decided);
#ifndef TWO_IN_FLIGHT
  assert(!gap);                                                         /* in its turn, and none is left out */
#endif
  assert(told[o] == NONE || told[o] == out);                            /* what a caller was told is what counts */
  assert(out <= REFUSED);                                               /* there is such a seat */
  told[o] = NONE;
  outcomeOf[o] = out;
  if
  :: out != REFUSED -> buyerOf[out] = o + 1
  :: else
  fi;
  decided++
#ifdef WITNESS
  ; assert(!(decided == ORDERS && buyerOf[1] != 0 && buyerOf[2] != 0))
#endif
}

/* The broker puts a batch where the journal ends, whatever offset it was written for. */
inline land(f) {
  if
  :: net[f].landed == 0 -> net[f].landed = length + 1
  :: else
  fi;
  i = 0;
  do
  :: i < net[f].n ->
     o = net[f].first + i;
     out = net[f].outcome[i];
     journal[length].stated = net[f].stated + i;
     journal[length].order = o;
     journal[length].outcome = out;
     printf("broker:    offset %d is order %d: ", length, o);
     say(out);
     if
     :: counts(length, journal[length], decided) ->
        printf("; written for %d, it counts\n", journal[length].stated);
        judge()
     :: else ->
        printf("; written for %d, it is void\n", journal[length].stated);
        journal[length].stated = NOWHERE;
        journal[length].order = NOWHERE;
        journal[length].outcome = NONE
     fi;
     length++;
     i++
  :: else -> break
  od;
  i = 0;
  o = 0;
  out = 0
}

/* An append without further effect is wiped, so that runs which differ in nothing else become one. */
inline forget(f) {
  if
  :: net[f].copies == 0 && !net[f].awaited ->
     net[f].stated = 0;
     net[f].first = 0;
     net[f].n = 0;
     net[f].outcome[0] = NONE;
     net[f].outcome[1] = NONE;
     net[f].landed = 0
  :: else
  fi
}

/* The network and the broker, for append f: whatever is under way lands now, or later, or twice, or never. */
proctype Network(byte f) {
  byte i, o, out;
end:
  do
  :: d_step { net[f].copies > 0 && !gap -> net[f].copies--; underway--; land(f); forget(f) }
  :: d_step {
       net[f].copies > 0 && !gap && doubles < DOUBLES ->
       doubles++;
       printf("network:   doubles the append for offset %d\n", net[f].stated);
       land(f)
     }
  :: d_step {
       net[f].copies > 0 && !gap ->
       printf("network:   loses the append for offset %d\n", net[f].stated);
       net[f].copies--;
       underway--;
       forget(f)
     }
  od
}

/* Reads what is new in the journal: a writer's state is the fold of the records that count. */
inline read() {
  do
  :: end < length ->
     if
     :: counts(end, journal[end], next) ->
        next = journal[end].order + 1;
        if
        :: journal[end].outcome != REFUSED -> sold++
        :: else
        fi
     :: else
     fi;
     end++
  :: else -> break
  od;
  printf("%e: has read up to offset %d, order %d is next, %d sold\n", who, end, next, sold)
}

/* Answers the callers of a batch. */
inline tell() {
  do
  :: i < net[f].n ->
     if
     :: outcomeOf[net[f].first + i] == NONE -> told[net[f].first + i] = net[f].outcome[i]
     :: outcomeOf[net[f].first + i] == net[f].outcome[i]
     :: else ->
        printf("!!! the caller of order %d is told something else than what counts\n", net[f].first + i);
        assert(false)
     fi;
     i++
  :: else -> break
  od;
  i = 0
}

/* Decides the next order, on the state that the batch leads to, and puts it into the batch. A seat that is left need
 * not be sold: two releases may have different reasons to refuse. */
inline decide(refuse) {
  printf("%e: decides order %d: ", who, next + net[f].n);
  if
  :: refuse -> net[f].outcome[net[f].n] = REFUSED
  :: else -> gain++; net[f].outcome[net[f].n] = sold + gain
  fi;
  say(net[f].outcome[net[f].n]);
  printf("\n");
  net[f].n++
}

/* The batch is taken for granted: it becomes the writer's state. */
inline accept() {
  end = end + net[f].n;
  next = next + net[f].n;
  sold = sold + gain
}

/* The writer waits for this append no more. */
inline rest() {
  net[f].awaited = false;
  forget(f);
  f = 0;
  gain = 0;
  ahead = false
}

#define room (net[f].n < BATCH && next + net[f].n < ORDERS)

proctype Writer(mtype who) {
  byte end, next, sold; /* how far it knows the journal, and what follows from that */
  byte f, gain, i;
  bool ahead;

  d_step { read() };
work:
  if
  :: atomic {
       next < ORDERS && appends < APPENDS ->
       f = appends;
       appends++;
       gain = 0;
       net[f].stated = end;
       net[f].first = next;
       net[f].awaited = true;
       do
       :: room && (refuses(next + net[f].n) || sold + gain == SEATS) -> decide(true)
       :: room && sells(next + net[f].n) && sold + gain < SEATS -> decide(false)
       :: net[f].n > 0 -> break
       od;
       net[f].copies = 1;
       underway++;
       printf("%e: sends %d order(s), written for offset %d\n", who, net[f].n, net[f].stated);
       if
       :: early -> tell(); printf("%e: answers at once\n", who)
       :: else
       fi
     };
     if
     /* The answer says that the batch lies where it was meant to. */
     :: d_step {
          net[f].landed == net[f].stated + 1 ->
          printf("%e: hears that it landed at %d, and answers\n", who, end);
          tell();
          accept();
          rest()
        }
     /* No answer, an error, or another offset: it forgets what it decided and reads. */
     :: d_step {
          printf("%e: is in doubt about its append for offset %d\n", who, end);
          rest();
          read()
        }
#ifdef TWO_IN_FLIGHT
     :: d_step {
          !ahead ->
          printf("%e: goes on without waiting for the answer\n", who);
          accept();
          rest();
          ahead = true
        }
#endif
     fi;
     goto work
  :: d_step { next == ORDERS || appends == APPENDS -> end = 0; next = 0; sold = 0; ahead = false }
  fi
}

init {
  byte i;
  atomic {
    i = 0;
    do
    :: i < APPENDS -> run Network(i); i++
    :: else -> break
    od;
    i = 0;
    run Writer(zombie);
    run Writer(successor)
  };
  /* At rest: both writers are done, nothing is under way. */
  _nr_pr == 1 + APPENDS && underway == 0;
  d_step {
    do
    :: i < ORDERS ->
       if
       :: told[i] != NONE -> printf("!!! order %d was answered, and nothing counts for it\n", i)
       :: else
       fi;
       assert(told[i] == NONE); /* an answer that was given counts */
       i++
    :: else -> break
    od
  }
}
