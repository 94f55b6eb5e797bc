/*
 * Sleep, wake, deadline and death as core and the kernel do it, for spin: every interleaving.
 *
 * One server, PARTIES - 1 clients, a channel each. A party's loop is executor_run() of
 * core/src/executor.cpp: take what there is, arm every ring taken from, one full fence, look at every
 * ring once more, look at the peers' events and wake who asked, wait. wait() latches: it returns at
 * once if the bell was rung since it last returned. A client's request may have a deadline, which ends a wait.
 * One party, or none, dies at any of its steps; its kernel publishes that to each peer's control ring,
 * fences, looks at the event and wakes.
 *
 * Stores pass through a buffer for each party and reach memory later (total store order); a full fence waits
 * until the buffer is empty. So what needs the fences [F1] and [F2] of ring.hpp shows without them. Only the
 * owner of a word stores it, and nobody reads his own back, so loads need not look into the buffer.
 *
 * Checked: when nothing can happen any more, every living client has all its outcomes, and a living server
 * knows who has died (no wake-up was lost); each request has exactly one outcome.
 *
 * The tag by which wait() says which ring was rung is not in here; tests/models/executor_test.cpp has it.
 *
 * With -DPLANT_x something is done wrong; tests/models/wake_test.py has each found.
 */
#ifndef PARTIES
#define PARTIES 2
#endif
#ifndef REQUESTS
#define REQUESTS 2 /* of each client, one in flight at a time unless CREDITS says more */
#endif
#ifndef CREDITS
#define CREDITS 1
#endif

#ifndef BUFFERED
#define BUFFERED 2 /* stores of one party that are on their way */
#endif

#define SERVER 0
#define CHANNELS (PARTIES - 1)
#define RINGS (2 * CHANNELS + PARTIES)

/* Rings: requests and answers of a channel, and the control ring of a party. A ring is its indices:
 * messages are taken in order, so an index says which message it is. */
#define SUBMISSIONS(c) (2 * (c))
#define COMPLETIONS(c) (2 * (c) + 1)
#define CONTROL(p) (2 * CHANNELS + (p))
#define CLIENT(c) ((c) + 1)

/* Memory: a tail and an event for each ring. */
#define TAIL(r) (r)
#define EVENT(r) (RINGS + (r))
byte memory[2 * RINGS];
chan buffer[PARTIES + 1] = [BUFFERED] of {byte, byte}; /* The last one: the kernel. */

bit bell[PARTIES];   /* Rung since wait() last returned. */
bit asleep[PARTIES]; /* Inside wait(). */
bit closed_by_death[CHANNELS]; /* What the entries of control rings say. */
byte told[PARTIES]; /* Entries of a control ring; the kernel's own, under its lock. */
bit lock;
bit finished[PARTIES];
bit dead[PARTIES];
bit heard[CHANNELS]; /* The server knows that this client has died. */

#define STORE(w, v) buffer[me] ! w, v
#define DRAINED (len(buffer[me]) == 0)

#ifdef PLANT_no_fence
#define FENCE skip
#else
#define FENCE DRAINED
#endif
#ifdef PLANT_no_kernel_fence
#define KERNEL_FENCE skip
#else
#define KERNEL_FENCE DRAINED
#endif

#ifdef PLANT_no_latch
#define RING(p) if :: asleep[p] -> bell[p] = 1 :: else fi
#else
#define RING(p) bell[p] = 1
#endif

#define PASSED(event, from, to) ((from) <= (event) && (event) < (to))

/* The party that is to die does so in front of any step that others can see. */
#define STEP if :: mortal -> goto dies :: skip fi

/* The memory system: stores of a party reach memory in order, some time. */
proctype store_buffer(byte me) {
    byte word, value;
end:
    do
    :: d_step { buffer[me] ? word, value -> memory[word] = value; word = 0; value = 0 }
    od
}

/* The kernel, on whatever hart it runs, publishes an entry of the control ring of `peer`. */
inline kernel_tells(peer) {
    d_step { lock == 0 -> lock = 1 };
#ifdef PLANT_wake_then_tell
    RING(peer);
#endif
    told[peer]++;
    STORE(TAIL(CONTROL(peer)), told[peer]);
    KERNEL_FENCE;
    if
    :: PASSED(memory[EVENT(CONTROL(peer))], told[peer] - 1, told[peer]) ->
#if defined(PLANT_kernel_forgets) || defined(PLANT_wake_then_tell)
       skip
#else
       RING(peer)
#endif
    :: else
    fi;
    lock = 0
}

/* The death of `me` closes channel c. */
inline kernel_closes(c, peer) {
    DRAINED; /* the trap */
    closed_by_death[c] = 1;
    kernel_tells(peer)
}

/* Something else that the kernel has to say to the first client. */
proctype notice() {
    byte me = PARTIES;
    kernel_tells(CLIENT(0))
}

proctype client(byte c; bit mortal) {
    byte me = CLIENT(c);
    byte sent = 0, flushed = 0, taken = 0, control = 0, outcomes = 0;
    bit has[REQUESTS]; /* This request has its outcome. */
    bit late[REQUESTS]; /* This request has a deadline. */
    bit closed = 0;
    byte i;
again:
    /* What the kernel said comes first. */
    if
    :: memory[TAIL(CONTROL(me))] != control ->
       control = memory[TAIL(CONTROL(me))];
       closed = closed_by_death[c]
    :: else
    fi;
    do
    :: !closed && memory[TAIL(COMPLETIONS(c))] != taken ->
       assert(taken < sent);
       if
       :: has[taken]
#ifdef PLANT_completes_twice
          -> outcomes++
#endif
       :: !has[taken] -> has[taken] = 1; outcomes++
       fi;
       taken++
    :: else -> break
    od;
    if
    :: closed -> /* all that is in flight has died, and what comes is refused */
       d_step {
           i = 0;
           do
           :: i < REQUESTS && !has[i] -> has[i] = 1; outcomes++; i++
           :: i < REQUESTS && has[i] -> i++
           :: i >= REQUESTS -> break
           od;
           i = 0
       }
    :: else
    fi;
    assert(outcomes <= REQUESTS);
    do
    :: !closed && sent < REQUESTS && sent - taken < CREDITS ->
#ifndef NO_DEADLINES
       if
       :: late[sent] = 1
       :: skip
       fi;
#endif
       STEP;
       sent++;
       STORE(TAIL(SUBMISSIONS(c)), sent)
    :: else -> break
    od;
    /* About to sleep. */
#ifdef PLANT_arm_after_fence
    FENCE;
#endif
    STORE(EVENT(COMPLETIONS(c)), taken);
#ifndef PLANT_control_not_armed
    STORE(EVENT(CONTROL(me)), control);
#endif
#ifdef PLANT_looks_before_fence
    i = memory[EVENT(SUBMISSIONS(c))];
#endif
#ifndef PLANT_arm_after_fence
    FENCE;
#endif
#ifndef PLANT_no_second_look
    if
    :: memory[TAIL(CONTROL(me))] != control -> goto again
    :: else
    fi;
    if
    :: !closed && memory[TAIL(COMPLETIONS(c))] != taken -> goto again
    :: else
    fi;
#endif
#ifndef PLANT_looks_before_fence
    i = memory[EVENT(SUBMISSIONS(c))];
#endif
    if
    :: PASSED(i, flushed, sent) ->
#ifdef PLANT_no_flush
       skip
#else
       STEP;
       RING(SERVER)
#endif
    :: else
    fi;
    flushed = sent;
    i = 0;
    if
    :: outcomes == REQUESTS -> goto ends
    :: else
    fi;
    asleep[me] = 1;
    if
    :: bell[me] -> d_step { bell[me] = 0; asleep[me] = 0 }
    :: taken < sent && late[taken] && !has[taken] -> /* its time has come */
       d_step { asleep[me] = 0; has[taken] = 1; outcomes++ }
    :: mortal -> asleep[me] = 0; goto dies
    fi;
    goto again;
dies:
    i = 0;
    dead[me] = 1;
    kernel_closes(c, SERVER);
    goto gone;
ends:
    finished[me] = 1;
gone:
    skip
}

proctype server(bit mortal) {
    byte me = SERVER;
    byte taken[CHANNELS], answered[CHANNELS], flushed[CHANNELS];
    bit closed[CHANNELS];
    byte control = 0, c;
again:
    if
    :: memory[TAIL(CONTROL(me))] != control ->
       control = memory[TAIL(CONTROL(me))];
       c = 0;
       do
       :: c < CHANNELS -> closed[c] = closed_by_death[c]; heard[c] = closed[c]; c++
       :: else -> break
       od
    :: else
    fi;
    c = 0;
    do
    :: c < CHANNELS ->
       do
       :: !closed[c] && memory[TAIL(SUBMISSIONS(c))] != taken[c] ->
          STEP;
          taken[c]++;
          answered[c]++;
          STORE(TAIL(COMPLETIONS(c)), answered[c])
       :: else -> break
       od;
       c++
    :: else -> break
    od;
#ifdef PLANT_arm_after_fence
    FENCE;
#endif
    c = 0;
    do
    :: c < CHANNELS ->
#ifdef PLANT_one_ring_not_armed
       if :: c != CHANNELS - 1 -> STORE(EVENT(SUBMISSIONS(c)), taken[c]) :: else fi;
#else
       STORE(EVENT(SUBMISSIONS(c)), taken[c]);
#endif
       c++
    :: else -> break
    od;
    STORE(EVENT(CONTROL(me)), control);
#ifndef PLANT_arm_after_fence
    FENCE;
#endif
    if
    :: memory[TAIL(CONTROL(me))] != control -> c = 0; goto again
    :: else
    fi;
#ifndef PLANT_no_second_look
    c = 0;
    do
    :: c < CHANNELS ->
       if
       :: !closed[c] && memory[TAIL(SUBMISSIONS(c))] != taken[c] -> c = 0; goto again
       :: else
       fi;
       c++
    :: else -> break
    od;
#endif
    c = 0;
    do
    :: c < CHANNELS ->
       if
       :: !closed[c] && PASSED(memory[EVENT(COMPLETIONS(c))], flushed[c], answered[c]) ->
          STEP;
          RING(CLIENT(c))
       :: else
       fi;
       flushed[c] = answered[c];
       c++
    :: else -> break
    od;
    c = 0;
    asleep[me] = 1;
end:
    if
    :: bell[me] -> d_step { bell[me] = 0; asleep[me] = 0 }
    :: mortal -> asleep[me] = 0; goto dies
    fi;
    goto again;
dies:
    dead[me] = 1;
    c = 0;
    do
    :: c < CHANNELS -> kernel_closes(c, CLIENT(c)); c++
    :: else -> break
    od
}

/* When nothing can happen any more, nobody who lives still waits for an outcome, or for news. */
proctype quiescence() {
    byte p = 1;
    timeout;
    do
    :: p < PARTIES ->
       assert(finished[p] || dead[p]);
       assert(heard[p - 1] || !dead[p] || dead[SERVER]);
       p++
    :: else -> break
    od
}

init {
    byte i = 0, victim = PARTIES; /* Who is to die; PARTIES: nobody. */
    atomic {
#ifndef NOBODY_DIES
        select(victim : 0 .. PARTIES);
#endif
        do
        :: i < PARTIES -> run store_buffer(i); i++
        :: else -> break
        od;
#ifdef NOTICE
        run store_buffer(PARTIES);
        run notice();
#endif
        run server(victim == SERVER);
        i = 0;
        do
        :: i < CHANNELS -> run client(i, victim == CLIENT(i)); i++
        :: else -> break
        od;
        run quiescence()
    }
}
