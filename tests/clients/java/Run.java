// Runs the steps of the conformance suite through JDBC: Run URL FILE, one line of JSON a step.

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.util.PGBinaryObject;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

public class Run {
    /** A vector in pgvector's binary format: int16 dimension, int16 0, float32 each, big-endian. */
    public static class Vector extends PGobject implements PGBinaryObject {
        private final ByteBuffer bytes;

        Vector(JsonArray numbers) {
            setType("vector");
            bytes = ByteBuffer.allocate(4 + 4 * numbers.size());
            bytes.putShort((short) numbers.size()).putShort((short) 0);
            numbers.forEach(number -> bytes.putFloat(number.getAsFloat()));
        }

        public boolean isNull() { return false; }
        public int lengthInBytes() { return bytes.capacity(); }
        public void toBytes(byte[] target, int offset) { bytes.rewind().get(target, offset, bytes.capacity()); }
        public void setByteValue(byte[] value, int offset) { throw new UnsupportedOperationException(); }
    }

    static void set(PreparedStatement statement, int place, JsonElement value, String form) throws SQLException {
        if (form.equals("array")) {
            List<Float> numbers = new ArrayList<>();
            value.getAsJsonArray().forEach(number -> numbers.add(number.getAsFloat()));
            statement.setArray(place, statement.getConnection().createArrayOf("float4", numbers.toArray()));
        } else if (form.equals("binary")) {
            statement.setObject(place, new Vector(value.getAsJsonArray()));
        } else if (value.isJsonNull()) {
            statement.setNull(place, Types.OTHER);
        } else { // Types.OTHER: the server finds the type, which setString would say is varchar
            boolean text = value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
            statement.setObject(place, text ? value.getAsString() : value.toString(), Types.OTHER);
        }
    }

    /** An argument's place in a call; a form that is none of ours is a type to cast to. */
    static String place(String name, String form) {
        String named = name.isEmpty() ? "?" : name + " => ?";
        return switch (form) {
            case "", "text", "binary" -> named;
            case "array" -> named + "::real[]::vector";
            default -> named + "::" + form;
        };
    }

    static JsonArray execute(Connection connection, JsonObject step) throws SQLException {
        JsonArray rows = new JsonArray();
        if (step.has("sql")) {
            connection.createStatement().execute(step.get("sql").getAsString());
            return rows;
        }
        JsonObject named = step.has("with") ? step.getAsJsonObject("with") : new JsonObject();
        JsonObject forms = step.has("as") ? step.getAsJsonObject("as") : new JsonObject();
        List<String> names = new ArrayList<>(named.keySet()), places = new ArrayList<>();
        for (String name : names) {
            places.add(place(name, forms.has(name) ? forms.get(name).getAsString() : ""));
        }
        String call = "SELECT to_jsonb(r) FROM vecs." + step.get("call").getAsString()
            + "(" + String.join(", ", places) + ") AS r";
        try (PreparedStatement statement = connection.prepareStatement(call)) {
            for (int i = 0; i < names.size(); i++) {
                JsonElement form = forms.get(names.get(i));
                set(statement, i + 1, named.get(names.get(i)), form == null ? "" : form.getAsString());
            }
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    String row = found.getString(1);
                    rows.add(row == null ? JsonNull.INSTANCE : JsonParser.parseString(row));
                }
            }
        }
        return rows;
    }

    static JsonObject error(SQLException error) {
        ServerErrorMessage told = error instanceof PSQLException ? ((PSQLException) error).getServerErrorMessage() : null;
        JsonObject described = new JsonObject();
        described.addProperty("code", error.getSQLState());
        described.addProperty("message", told == null ? error.getMessage() : told.getMessage());
        described.addProperty("detail", told == null ? null : told.getDetail());
        described.addProperty("hint", told == null ? null : told.getHint());
        described.addProperty("context", told == null ? null : told.getWhere());
        return described;
    }

    public static void main(String[] arguments) throws Exception {
        var gson = new GsonBuilder().serializeNulls().create();
        String url = arguments[0];
        try (Connection connection = DriverManager.getConnection(url)) {
            // The driver sends binary only what it is told to: by the number that the database has for the type.
            ResultSet type = connection.createStatement().executeQuery("SELECT 'vector'::regtype::oid");
            type.next();
            url += "&binaryTransferEnable=" + type.getString(1);
        }
        try (Connection connection = DriverManager.getConnection(url)) {
            for (JsonElement step : JsonParser.parseString(Files.readString(Path.of(arguments[1]))).getAsJsonArray()) {
                JsonObject outcome = new JsonObject();
                try {
                    outcome.add("rows", execute(connection, step.getAsJsonObject()));
                } catch (SQLException error) {
                    outcome.add("error", error(error));
                }
                System.out.println(gson.toJson(outcome));
            }
        }
    }
}
