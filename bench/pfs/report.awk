# report.awk - lines `NAME WHERE TIME` of bench/pfs/run: least times, ratios, and goals.

$1 == "larger" { larger = $2; next }
!(($1, $2) in least) || $3 < least[$1, $2] { least[$1, $2] = $3 }

function goal(text, value, sign, limit) {
    printf "| %s | %s %.2f | %.2f | %s |\n", text, sign == ">" ? "at least" : "at most", limit, \
        value, (sign == ">" ? value >= limit : value <= limit) ? "met" : "missed"
}
function speed(base, name) {
    goal("sequential " name ", of AES-GCM's speed", least[base, "aes"] / least[name, "pfs"], ">",
         0.7)
}
function ratio(name, a, b) { return least[name, b] ? least[name, a] / least[name, b] : 0 }

END {
    print "Least times: AES-256-GCM and files in ns for 4 KiB (sync: ns in all), others in ms.\n"
    print "| | AES-GCM | plain | pfs | gocryptfs | sqlcipher |\n|---|--:|--:|--:|--:|--:|"
    count = split("seal open write sync read random speedtest1 sql-insert sql-scan sql-random",
                  names, " ")
    for (i = 1; i <= count; i++) {
        n = names[i]
        printf "| %s | %s | %s | %s | %s | %s |\n", n, least[n, "aes"], least[n, "plain"], \
            least[n, "pfs"], least[n, "gocryptfs"], least[n, "sqlcipher"]
    }
    print "\n| goal | | measured | |\n|---|--:|--:|---|"
    speed("seal", "write")
    speed("open", "read")
    goal("random reads, to plain", ratio("random", "pfs", "plain"), "<", 2)
    goal("speedtest1, to plain", ratio("speedtest1", "pfs", "plain"), "<", 1.5)
    goal("records inserted, to plain", ratio("sql-insert", "pfs", "plain"), "<", 1.6)
    goal("records in order, to plain", ratio("sql-scan", "pfs", "plain"), "<", 1.5)
    goal("records at random, to plain", ratio("sql-random", "pfs", "plain"), "<", 2)
    if (larger)
        goal("memory for a file of " larger " MiB, to one of a 16th",
             least["memory" larger, "pfs"] / least["memory" larger / 16, "pfs"], "<", 1.05)
    if (least["write", "gocryptfs"]) {
        goal("write, to gocryptfs", ratio("write", "pfs", "gocryptfs"), "<", 1)
        goal("read, to gocryptfs", ratio("read", "pfs", "gocryptfs"), "<", 1)
        goal("random reads, to gocryptfs", ratio("random", "pfs", "gocryptfs"), "<", 1)
        goal("speedtest1, to gocryptfs", ratio("speedtest1", "pfs", "gocryptfs"), "<", 1)
    }
    if (least["sql-insert", "sqlcipher"]) {
        goal("records inserted, to sqlcipher", ratio("sql-insert", "pfs", "sqlcipher"), "<", 1)
        goal("records in order, to sqlcipher", ratio("sql-scan", "pfs", "sqlcipher"), "<", 1)
        goal("records at random, to sqlcipher", ratio("sql-random", "pfs", "sqlcipher"), "<", 1)
    }
}
