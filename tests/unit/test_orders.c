/* test_orders.c - orders that are damaged, and answers that are forged: neither a core nor its
 * host takes them for something else. */
/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>

#include "core/guest.h"
#include "port/posix/posix.h"
#include "support/orders.h"

/* --- A core's side --- */

static nacre_status give(struct guest *guest, enum order_command command, const uint8_t *bytes,
                         size_t size) {
    const struct allocator *a = &guest->allocator;
    uint8_t *copy = a->resize(a->context, NULL, 0, size ? size : 1); /* nothing lies behind it */
    struct order_writer answer;
    struct order_parts parts;
    nacre_error error;
    assert_non_null(copy);
    if (size) memcpy(copy, bytes, size);
    order_begin(&answer, a);
    if (guest_do(guest, command, copy, size, &answer, &error)) alloc_free(a, copy, size, 1);
    if (error.status == NACRE_OK)
        assert_true(order_read_answer(command, answer.bytes, answer.size, &parts));
    order_free(&answer);
    return error.status;
}

/* An order of each kind that a core carries out, in turn. */
static void write_order(struct order_writer *w, enum order_command command) {
    const nacre_value number = {.kind = NACRE_I32, .of.i32 = 3};
    order_begin(w, port_posix_allocator());
    if (command == ORDER_OPEN) {
        order_put_text(w, ORDER_ARG, "tide");
        order_put_text(w, ORDER_ENV, "A=b");
        order_put(w, ORDER_STDIO, NULL, 0);
        order_put_option(w, ORDER_OPTION_metering, 1);
        order_put_option(w, ORDER_OPTION_fuel, 1000000);
        return;
    }
    if (command == ORDER_LOAD) {
        order_put(w, ORDER_MODULE, orders_library, sizeof orders_library);
        return;
    }
    if (command != ORDER_REFERENT) order_put_number(w, ORDER_NUMBER, 0);
    if (command == ORDER_REGISTER) order_put_text(w, ORDER_NAME, "m");
    if (command == ORDER_EXPORT) order_put_number(w, ORDER_INDEX, 1);
    if (command == ORDER_GLOBAL) order_put_text(w, ORDER_NAME, "g");
    if (command == ORDER_INVOKE) order_put_text(w, ORDER_NAME, "add");
    if (command == ORDER_INVOKE) order_put_value(w, &number);
    if (command == ORDER_INVOKE || command == ORDER_REFERENT) order_put_value(w, &number);
}

/* It has nothing to run, and no memory to be shared. */
static nacre_status expected(enum order_command command) {
    return command == ORDER_START ? NACRE_NOT_FOUND : NACRE_OK;
}

static void test_orders(void **state) {
    struct guest guest;
    struct order_writer w;
    (void)state;
    guest_init(&guest, port_posix_allocator());
    for (int command = ORDER_LOAD; command < ORDER_COMMANDS; command++) { /* nothing is open */
        write_order(&w, (enum order_command)command);
        assert_int_equal(give(&guest, (enum order_command)command, w.bytes, w.size),
                         NACRE_ARGUMENT);
        order_free(&w);
    }
    for (int command = ORDER_OPEN; command < ORDER_COMMANDS; command++) {
        write_order(&w, (enum order_command)command);
        assert_int_equal(give(&guest, (enum order_command)command, w.bytes, w.size),
                         expected((enum order_command)command));
        order_free(&w);
    }
    write_order(&w, ORDER_OPEN);
    assert_int_equal(give(&guest, ORDER_OPEN, w.bytes, w.size), NACRE_ARGUMENT);
    order_free(&w);
    guest_deinit(&guest);
}

/* Cut anywhere, an order is none: but where nothing has to be in it. */
static void test_cut_orders(void **state) {
    struct guest guest;
    struct order_writer w;
    (void)state;
    guest_init(&guest, port_posix_allocator());
    for (int c = ORDER_OPEN; c < ORDER_COMMANDS; c++) {
        const enum order_command command = (enum order_command)c;
        write_order(&w, command);
        for (uint32_t size = command == ORDER_OPEN ? 1 : 0; size < w.size; size++)
            if (command != ORDER_OPEN || size < 8) /* its first item is whole from then on */
                assert_int_not_equal(give(&guest, command, w.bytes, size), NACRE_OK);
        assert_int_equal(give(&guest, command, w.bytes, w.size), expected(command));
        order_free(&w);
    }
    guest_deinit(&guest);
}

static void test_damaged_orders(void **state) {
    struct guest guest;
    struct order_writer w;
    unsigned refused = 0;
    (void)state;
    guest_init(&guest, port_posix_allocator());
    for (int c = ORDER_OPEN; c < ORDER_COMMANDS; c++) {
        const enum order_command command = (enum order_command)c;
        write_order(&w, command);
        assert_int_equal(give(&guest, command, w.bytes, w.size), expected(command));
        for (uint32_t bit = 0; bit < w.size * 8; bit++) {
            w.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            refused += give(&guest, command, w.bytes, w.size) != NACRE_OK;
            w.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        order_free(&w);
    }
    assert_true(refused > 1000);
    guest_deinit(&guest);
}

/* Items that there are, but not in this order, or not so often, or of another size. */
static void test_other_items(void **state) {
    static const struct {
        enum order_command command;
        enum order_item item;
        uint32_t size;
    } more[] = {
        {ORDER_SHARE, ORDER_NUMBER, 4},      {ORDER_SHARE, ORDER_NAME, 1},
        {ORDER_INVOKE, ORDER_COMPILED, 0},   {ORDER_INVOKE, ORDER_VALUE, 23},
        {ORDER_INVOKE, ORDER_NAME, 3},       {ORDER_GLOBAL, ORDER_VALUE, 24},
        {ORDER_REFERENT, ORDER_VALUE, 24},   {ORDER_LOAD, ORDER_KEY, 31},
        {ORDER_LOAD, ORDER_ARG, 1},          {ORDER_INSTANTIATE, ORDER_INDEX, 4},
    };
    static const uint8_t zeros[32];
    struct guest guest;
    struct order_writer w;
    (void)state;
    guest_init(&guest, port_posix_allocator());
    for (int command = ORDER_OPEN; command <= ORDER_INSTANTIATE; command++) {
        write_order(&w, (enum order_command)command);
        assert_int_equal(give(&guest, (enum order_command)command, w.bytes, w.size), NACRE_OK);
        order_free(&w);
    }
    for (size_t i = 0; i < ARRAY_COUNT(more); i++) {
        write_order(&w, more[i].command);
        order_put(&w, more[i].item, zeros, more[i].size);
        assert_int_equal(give(&guest, more[i].command, w.bytes, w.size), NACRE_ARGUMENT);
        order_free(&w);
    }
    guest_deinit(&guest);
}

/* --- A host's side --- */

/* What comes as the answer to `command`; all else is answered as it should be. */
struct forgery {
    enum order_command command;
    uint8_t bytes[FORGED_MAX];
    size_t size;
};

static size_t true_answer(enum order_command command, uint8_t bytes[FORGED_MAX]) {
    const nacre_error fine = {.offset = NACRE_NO_OFFSET};
    const nacre_value value = {.kind = NACRE_I64, .of.i64 = 7};
    struct order_writer w;
    size_t size = outcome_write(&fine, bytes);
    order_begin(&w, port_posix_allocator());
    if (command == ORDER_EXPORT) {
        order_put_number(&w, ORDER_NUMBER, NACRE_EXTERN_FUNC);
        order_put_text(&w, ORDER_NAME, "add");
        order_put_number(&w, ORDER_RESULT, NACRE_I32); /* in no order */
        order_put_number(&w, ORDER_PARAM, NACRE_F64);
    } else if (command == ORDER_INVOKE || command == ORDER_GLOBAL) {
        order_put_value(&w, &value);
    } else if (command == ORDER_LOAD || command == ORDER_INSTANTIATE ||
               command == ORDER_REFERENT) {
        order_put_number(&w, ORDER_NUMBER, 2);
    }
    if (w.size) memcpy(bytes + size, w.bytes, w.size);
    size += w.size;
    order_free(&w);
    return size;
}

static size_t answer(void *env, enum order_command command, uint8_t bytes[FORGED_MAX]) {
    const struct forgery *forgery = env;
    if (command != forgery->command) return true_answer(command, bytes);
    memcpy(bytes, forgery->bytes, forgery->size);
    return forgery->size;
}

static nacre_status call(nacre_tee *tee, nacre_error *error) {
    const nacre_value args[] = {{.kind = NACRE_I32}, {.kind = NACRE_I32}};
    const nacre_value *results;
    uint32_t count;
    nacre_status status = nacre_tee_invoke(tee, 0, "add", 3, args, 2, &results, &count, error);
    for (uint32_t i = 0; status == NACRE_OK && i < count; i++)
        assert_int_not_equal(results[i].kind, 0);
    return status;
}

static nacre_status list(nacre_tee *tee, nacre_error *error) {
    nacre_tee_export item;
    nacre_status status = nacre_tee_get_export(tee, 0, 0, &item, error);
    if (status != NACRE_OK) return status;
    assert_true(item.kind <= NACRE_EXTERN_TAG && item.name_size <= FORGED_MAX);
    for (uint32_t i = 0; i < item.type.param_count; i++)
        assert_int_not_equal(item.type.params[i], 0);
    return status;
}

/* All that a host may ask. */
static nacre_status ask(enum order_command command, nacre_tee *tee, nacre_error *error) {
    uint32_t number;
    nacre_value value = {.kind = NACRE_FUNCREF};
    nacre_referent referent;
    switch (command) {
    case ORDER_LOAD:
        return nacre_tee_load(tee, orders_user, sizeof orders_user, 1, NULL, &number, error);
    case ORDER_SHARE: return nacre_tee_define_shared(tee, 0, error);
    case ORDER_INSTANTIATE: return nacre_tee_instantiate(tee, 0, &number, NULL, error);
    case ORDER_REGISTER: return nacre_tee_register(tee, 0, "m", 1, error);
    case ORDER_START: return nacre_tee_start(tee, 0, error);
    case ORDER_EXPORT: return list(tee, error);
    case ORDER_INVOKE: return call(tee, error);
    case ORDER_GLOBAL: return nacre_tee_global(tee, 0, "g", 1, &value, error);
    default: return nacre_tee_referent(tee, &value, &referent, error);
    }
}

static nacre_status ask_forger(struct forgery *forgery, nacre_error *error) {
    nacre_tee_program granted;
    nacre_tee *tee = NULL;
    forger.answer = answer;
    forger.env = forgery;
    nacre_tee_program_init(&granted);
    nacre_status status = tee_open(&forger_kind, &granted, NULL, 0, &tee, error);
    if (status != NACRE_OK) return status;
    status = ask(forgery->command, tee, error);
    /* Who gave what is no answer is not asked again; who is gone does not answer. */
    if (status == NACRE_IO) assert_int_equal(ask(ORDER_SHARE, tee, error), NACRE_IO);
    nacre_tee_close(tee);
    return status;
}

/* Cut somewhere, an answer is none; but a call may have no results, and an export no type. */
static void test_cut_answers(void **state) {
    static const unsigned whole_at[ORDER_COMMANDS] = {[ORDER_INVOKE] = 1, [ORDER_EXPORT] = 2};
    struct forgery forgery;
    nacre_error error;
    (void)state;
    for (int c = ORDER_LOAD; c < ORDER_COMMANDS; c++) {
        unsigned whole = 0;
        forgery.command = (enum order_command)c;
        const size_t size = forgery.size = true_answer(forgery.command, forgery.bytes);
        assert_int_equal(ask_forger(&forgery, &error), NACRE_OK);
        for (forgery.size = 0; forgery.size < size; forgery.size++) {
            nacre_status status = ask_forger(&forgery, &error);
            assert_true(status == NACRE_OK || status == NACRE_IO);
            whole += status == NACRE_OK;
        }
        assert_int_equal(whole, whole_at[c]);
    }
}

static void test_forged_answers(void **state) {
    struct forgery forgery;
    nacre_error error, fine = {0};
    uint8_t outcome[OUTCOME_BYTES_MAX];
    const uint32_t items_at = outcome_write(&fine, outcome);
    (void)state;
    for (int c = ORDER_LOAD; c < ORDER_COMMANDS; c++) {
        forgery.command = (enum order_command)c;
        forgery.size = true_answer(forgery.command, forgery.bytes);
        for (size_t bit = 0; bit < forgery.size * 8; bit++) {
            if (bit == 8 * 64) bit = 8 * (size_t)items_at; /* not all of the outcome's text */
            if (bit >= forgery.size * 8) break;
            forgery.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            (void)ask_forger(&forgery, &error);
            forgery.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* Values and kinds that there are not. */
static void test_impossible_answers(void **state) {
    const nacre_error fine = {.offset = NACRE_NO_OFFSET};
    static const struct {
        enum order_command command;
        uint32_t at, value; /* behind the outcome */
    } lies[] = {
        {ORDER_INVOKE, 8, 0},            /* a value of no kind */
        {ORDER_INVOKE, 12, 1},           /* and with something where nothing is */
        {ORDER_INVOKE, 28, 1},
        {ORDER_GLOBAL, 8, 0x12345},
        {ORDER_EXPORT, 8, 5},            /* a kind of export */
        {ORDER_EXPORT, 31, 0},           /* of a result */
        {ORDER_REFERENT, 8, 99},
        {ORDER_LOAD, 0, ORDER_COMPILED}, /* another item */
        {ORDER_LOAD, 4, UINT32_MAX},     /* a size */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lies); i++) {
        struct forgery forgery = {.command = lies[i].command};
        nacre_error error;
        uint8_t outcome[OUTCOME_BYTES_MAX];
        forgery.size = true_answer(forgery.command, forgery.bytes);
        store_u32(forgery.bytes + outcome_write(&fine, outcome) + lies[i].at, lies[i].value);
        assert_int_equal(ask_forger(&forgery, &error), NACRE_IO);
    }
}

/* A failure is told as it came, and nothing may stand behind it. */
static void test_failure(void **state) {
    const nacre_error trap = {.status = NACRE_TRAP, .trap = NACRE_TRAP_UNREACHABLE, .offset = 3,
                              .text = "unreachable", .frame_count = 1, .frames_total = 1,
                              .frames = {{.name = "boom"}}};
    struct forgery forgery = {.command = ORDER_INVOKE};
    nacre_error error;
    (void)state;
    forgery.size = outcome_write(&trap, forgery.bytes);
    assert_int_equal(ask_forger(&forgery, &error), NACRE_TRAP);
    assert_int_equal(error.trap, NACRE_TRAP_UNREACHABLE);
    assert_string_equal(error.frames[0].name, "boom");
    forgery.size++;
    assert_int_equal(ask_forger(&forgery, &error), NACRE_IO);
}

/* One that does not come. */
static size_t stay(void *env, enum order_command command, uint8_t bytes[FORGED_MAX]) {
    if (command != ORDER_SHARE) return true_answer(command, bytes);
    sem_wait(env);
    return 0;
}

static void test_late_answer(void **state) {
    nacre_tee_program granted;
    nacre_tee *tee;
    nacre_error error;
    static sem_t end; /* the core's thread may stay for longer */
    (void)state;
    sem_init(&end, 0, 0);
    forger = (struct forger){stay, &end};
    nacre_tee_program_init(&granted);
    granted.limits.deadline_ms = 100; /* and the 5 seconds that a core has for itself */
    assert_int_equal(tee_open(&forger_kind, &granted, NULL, 0, &tee, NULL), NACRE_OK);
    assert_int_equal(nacre_tee_define_shared(tee, 0, &error), NACRE_LIMIT);
    assert_int_equal(nacre_tee_start(tee, 0, &error), NACRE_LIMIT); /* nobody is asked */
    assert_string_equal(error.text, "the core did not end when its time was over, and was ended");
    nacre_tee_close(tee);
    sem_post(&end);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_cut_orders),
        cmocka_unit_test(test_damaged_orders),
        cmocka_unit_test(test_other_items),
        cmocka_unit_test(test_cut_answers),
        cmocka_unit_test(test_forged_answers),
        cmocka_unit_test(test_impossible_answers),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_late_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
