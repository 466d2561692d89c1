// Tells what Kafka holds, by Kafka's own Java client: every record of a topic, and what groups have committed.
// It shares no code with the clients that it judges.
//
//   LogOracle --bootstrap-server <addresses> --topic <topic> --mark <run> [--group <group>]...
//
// One line each, fields separated by a space:
//   P <partition> <begin> <end>                   offsets of the partition
//   R <partition> <offset> <timestamp> <id> <key> a record; id is the number behind "<run>#" in its value, -1: none
//   C <group> <partition> <offset>                a committed offset
//   G <group> <state> <members>                   the group
//   Z                                             everything was told

import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class LogOracle {
    static final long LIMIT_MS = 60_000;

    public static void main(String[] args) throws Exception {
        Map<String, String> given = new HashMap<>();
        List<String> groups = new ArrayList<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            if (args[i].equals("--group")) groups.add(args[i + 1]);
            else given.put(args[i], args[i + 1]);
        }
        Properties properties = new Properties();
        properties.put("bootstrap.servers", given.get("--bootstrap-server"));
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16), false, StandardCharsets.UTF_8);
        records(properties, given.get("--topic"), given.get("--mark") + "#", out);
        try (Admin admin = Admin.create(properties)) {
            for (String group : groups) group(admin, given.get("--topic"), group, out);
        }
        out.println("Z");
        out.flush();
    }

    static void records(Properties base, String topic, String mark, PrintStream out) {
        Properties properties = new Properties();
        properties.putAll(base);
        // What an aborted transaction left is in the log, too; this lab's clients use none.
        properties.put("isolation.level", "read_uncommitted");
        properties.put("enable.auto.commit", "false");
        properties.put("allow.auto.create.topics", "false");
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
            List<TopicPartition> all = new ArrayList<>();
            for (PartitionInfo info : consumer.partitionsFor(topic)) {
                all.add(new TopicPartition(topic, info.partition()));
            }
            consumer.assign(all);
            Map<TopicPartition, Long> begin = consumer.beginningOffsets(all);
            Map<TopicPartition, Long> end = consumer.endOffsets(all);
            for (TopicPartition each : all) {
                out.println("P " + each.partition() + " " + begin.get(each) + " " + end.get(each));
                consumer.seek(each, begin.get(each));
            }
            long limit = System.currentTimeMillis() + LIMIT_MS;
            while (all.stream().anyMatch(each -> consumer.position(each) < end.get(each))) {
                if (System.currentTimeMillis() > limit) throw new IllegalStateException("the log was not read in time");
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    // Written after the end was asked for: not of this look.
                    TopicPartition place = new TopicPartition(topic, record.partition());
                    if (record.offset() < end.get(place)) tell(record, mark, out);
                }
            }
        }
    }

    static void tell(ConsumerRecord<byte[], byte[]> record, String mark, PrintStream out) {
        String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
        long id = -1;
        if (record.value() != null) {
            String value = new String(record.value(), StandardCharsets.ISO_8859_1);
            int at = value.indexOf(mark);
            if (at >= 0) {
                int from = at + mark.length();
                int to = from;
                while (to < value.length() && Character.isDigit(value.charAt(to))) to++;
                id = to > from ? Long.parseLong(value.substring(from, to)) : -1;
            }
        }
        out.println("R " + record.partition() + " " + record.offset() + " " + record.timestamp() + " " + id + " " + key);
    }

    static void group(Admin admin, String topic, String group, PrintStream out) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed =
            admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        committed.forEach((place, offset) -> {
            if (offset == null || !place.topic().equals(topic)) return;
            out.println("C " + group + " " + place.partition() + " " + offset.offset());
        });
        ConsumerGroupDescription found = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        out.println("G " + group + " " + found.groupState() + " " + found.members().size());
    }
}
